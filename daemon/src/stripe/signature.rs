//! `Stripe-Signature`: HMAC-SHA256 over the time and the body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::config::Secret;

/// A signature that is older, or that far in the future, may be a replay.
const TOLERANCE_SECONDS: i64 = 300;
/// Signatures that are tried: one for each secret that is in use.
const MAX_SIGNATURES: usize = 8;

/// The reason why a webhook is not the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the header Stripe-Signature is missing or has no time and signature")]
    Malformed,
    #[error("the signature is too old, or from the future")]
    Expired,
    #[error("the signature does not fit the body")]
    Wrong,
}

/// Checks a signature, in constant time for each secret. `now` is in seconds of the Unix epoch.
///
/// # Errors
/// It is not the provider's, or too old.
pub fn verify(secrets: &[Secret], header: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',').take(MAX_SIGNATURES * 2) {
        match part.trim().split_once('=') {
            Some(("t", text)) => time = Some(text),
            Some(("v1", text)) => signatures.push(hex::decode(text).map_err(|_| SignatureError::Malformed)?),
            _ => {}
        }
    }
    let text = time.ok_or(SignatureError::Malformed)?;
    let time: i64 = text.parse().map_err(|_| SignatureError::Malformed)?;
    if signatures.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let is_signed = secrets.iter().any(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("every length is a key");
        let mac = mac.chain_update(text.as_bytes()).chain_update(b".").chain_update(body);
        let mut tried = signatures.iter().take(MAX_SIGNATURES);
        tried.any(|signature| mac.clone().verify_slice(signature).is_ok())
    });
    if !is_signed {
        return Err(SignatureError::Wrong);
    }
    if now.abs_diff(time) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl dgst -sha256 -hmac whsec_test` over `1700000000.{"id":"evt_1"}`.
    const SIGNED: &str = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    const NOW: i64 = 1_700_000_000;

    fn secrets(all: &[&str]) -> Vec<Secret> {
        all.iter().map(|secret| Secret::from((*secret).to_owned())).collect()
    }

    #[test]
    fn signature_of_any_secret_in_use_is_taken() {
        let header = format!("t={NOW},v1={SIGNED},v0=ignored");
        for all in [&["whsec_test"][..], &["new", "whsec_test"]] {
            assert_eq!(verify(&secrets(all), &header, BODY, NOW), Ok(()), "{all:?}");
        }
        let two = format!("t={NOW},v1={},v1={SIGNED}", "00".repeat(32));
        assert_eq!(verify(&secrets(&["whsec_test"]), &two, BODY, NOW + 300), Ok(()));
    }

    #[test]
    fn forged_and_old_signatures_are_refused() {
        let secrets = secrets(&["whsec_test"]);
        let good = format!("t={NOW},v1={SIGNED}");
        let check = |header: &str, body: &[u8], now| verify(&secrets, header, body, now).unwrap_err();
        assert_eq!(check(&good, BODY, NOW + 301), SignatureError::Expired);
        assert_eq!(check(&good, BODY, NOW - 301), SignatureError::Expired);
        assert_eq!(check(&good, br#"{"id":"evt_2"}"#, NOW), SignatureError::Wrong);
        assert_eq!(
            check(&format!("t={},v1={SIGNED}", NOW + 1), BODY, NOW),
            SignatureError::Wrong
        );
        assert_eq!(
            check(&format!("t={NOW},v1={}", &SIGNED[..32]), BODY, NOW),
            SignatureError::Wrong
        );
        for bad in [
            "",
            "t=1",
            &format!("v1={SIGNED}"),
            &format!("t=x,v1={SIGNED}"),
            &format!("t={NOW},v1=zz"),
        ] {
            assert_eq!(check(bad, BODY, NOW), SignatureError::Malformed, "{bad}");
        }
        assert_eq!(verify(&[], &good, BODY, NOW), Err(SignatureError::Wrong));
    }
}
