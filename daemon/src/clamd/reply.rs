//! The meaning of clamd's replies.

use time::OffsetDateTime;

use super::ScanError;

/// The scanner's verdict on some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All of the bytes were scanned and nothing was found.
    Clean,
    Infected {
        signature: String,
    },
    /// The scanner cannot look at these bytes, today or later: too large, encrypted, too deeply nested.
    Unscannable {
        reason: String,
    },
}

/// The version of a scanner and of its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `ClamAV 1.4.6`
    pub engine: String,
    /// The number of the daily signatures; `None` when there are none.
    pub signatures: Option<u32>,
    /// The time they were made. clamd gives its local time without naming the zone; it is taken for UTC.
    pub signatures_at: Option<OffsetDateTime>,
}

/// Reads the reply to INSTREAM. Only the exact words of a positive reply are a positive verdict.
pub(super) fn parse_verdict(reply: &str) -> Result<Verdict, ScanError> {
    if reply == "stream: OK" {
        return Ok(Verdict::Clean);
    }
    if reply.contains('\0') {
        return Err(ScanError::from_reply(reply));
    }
    if reply.starts_with("INSTREAM size limit exceeded") {
        return Ok(Verdict::Unscannable {
            reason: "larger than the scanner's StreamMaxLength".to_owned(),
        });
    }
    let found = reply
        .strip_prefix("stream: ")
        .and_then(|rest| rest.strip_suffix(" FOUND"));
    match found.map(without_details) {
        None | Some("") => Err(ScanError::from_reply(reply)),
        Some(name) if is_heuristic_limit(name) => Ok(Verdict::Unscannable {
            reason: name.to_owned(),
        }),
        Some(name) => Ok(Verdict::Infected {
            signature: name.to_owned(),
        }),
    }
}

/// clamd reports these when it could not look at everything, not when it found something.
fn is_heuristic_limit(name: &str) -> bool {
    name.starts_with("Heuristics.Limits.Exceeded") || name.starts_with("Heuristics.Encrypted")
}

/// ExtendedDetectionInfo, which Debian turns on, adds `(<md5>:<size>)` to the name.
fn without_details(found: &str) -> &str {
    let Some((name, details)) = found.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) else {
        return found;
    };
    let is_hash_and_size = details.split_once(':').is_some_and(|(hash, size)| {
        hash.chars().all(|letter| letter.is_ascii_hexdigit()) && size.chars().all(|digit| digit.is_ascii_digit())
    });
    if is_hash_and_size { name } else { found }
}

/// Reads `ClamAV 1.4.6/27800/Mon Nov 10 08:38:16 2025`, or `ClamAV 1.4.6` of an engine without daily signatures.
pub(super) fn parse_version(reply: &str) -> Option<Version> {
    let mut parts = reply.splitn(3, '/');
    let engine = parts.next().filter(|engine| engine.starts_with("ClamAV "))?.to_owned();
    let signatures = parts
        .next()
        .and_then(|number| number.parse().ok())
        .filter(|number| *number > 0);
    let signatures_at = parts.next().and_then(parse_date).filter(|_| signatures.is_some());
    Some(Version {
        engine,
        signatures,
        signatures_at,
    })
}

/// Reads the C library's `Mon Nov 10 08:38:16 2025`; a day below 10 has a second space before it.
fn parse_date(text: &str) -> Option<OffsetDateTime> {
    let words: Vec<&str> = text.split_whitespace().skip(1).collect();
    let format =
        time::macros::format_description!("[month repr:short] [day padding:none] [hour]:[minute]:[second] [year]");
    time::PrimitiveDateTime::parse(&words.join(" "), format)
        .ok()
        .map(time::PrimitiveDateTime::assume_utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn verdict(reply: &str) -> Option<Verdict> {
        parse_verdict(reply).ok()
    }

    fn infected(signature: &str) -> Option<Verdict> {
        Some(Verdict::Infected {
            signature: signature.to_owned(),
        })
    }

    #[test]
    fn only_the_exact_answer_is_clean() {
        assert_eq!(verdict("stream: OK"), Some(Verdict::Clean));
        for reply in [
            "",
            "OK",
            "stream: OK ",
            "stream: ok",
            "stream:OK",
            "stream: OKAY",
            "1: stream: OK",
            "stream: OK\nstream: OK",
        ] {
            assert_eq!(verdict(reply), None, "{reply:?}");
        }
    }

    #[test]
    fn findings_are_infected() {
        assert_eq!(
            verdict("stream: Eicar-Test-Signature FOUND"),
            infected("Eicar-Test-Signature")
        );
        let extended = "stream: Eicar-Test-Signature(44d88612fea8a8f36de82e1278abb02f:68) FOUND";
        assert_eq!(verdict(extended), infected("Eicar-Test-Signature"));
        assert_eq!(verdict("stream: Odd(name) FOUND"), infected("Odd(name)"));
    }

    #[test]
    fn limits_are_unscannable() {
        for name in ["Heuristics.Limits.Exceeded.MaxScanSize", "Heuristics.Encrypted.Zip"] {
            let expected = Verdict::Unscannable {
                reason: name.to_owned(),
            };
            assert_eq!(verdict(&format!("stream: {name} FOUND")), Some(expected));
        }
        assert!(matches!(
            verdict("INSTREAM size limit exceeded. ERROR"),
            Some(Verdict::Unscannable { .. })
        ));
    }

    #[test]
    fn everything_else_is_to_be_tried_again_and_has_its_own_name() {
        for (reply, code) in [
            ("stream: Can't allocate memory ERROR", "engine-error"),
            ("stream: Can't create temporary file ERROR", "scanner-disk-full"),
            ("stream: Error writing to temporary file. ERROR", "scanner-disk-full"),
            ("stream:  FOUND", "answer-garbled"),
            ("COMMAND READ TIMED OUT", "answer-garbled"),
            ("UNKNOWN COMMAND", "answer-garbled"),
            ("stream: OK\0stream: OK", "two-answers"),
            ("stream: Eicar FOUND\0stream: OK", "two-answers"),
        ] {
            assert_eq!(parse_verdict(reply).unwrap_err().code(), code, "{reply:?}");
        }
    }

    #[test]
    fn versions_are_read() {
        let with = Version {
            engine: "ClamAV 1.4.6".to_owned(),
            signatures: Some(27_800),
            signatures_at: Some(datetime!(2025-11-03 08:38:16 UTC)),
        };
        assert_eq!(parse_version("ClamAV 1.4.6/27800/Mon Nov  3 08:38:16 2025"), Some(with));
        let without = Version {
            engine: "ClamAV 1.4.6".to_owned(),
            signatures: None,
            signatures_at: None,
        };
        assert_eq!(parse_version("ClamAV 1.4.6"), Some(without));
        assert_eq!(parse_version("PONG"), None);
    }
}
