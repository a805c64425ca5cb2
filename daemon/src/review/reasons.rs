//! The reasons that contributors are given: a template's text, a moderator's note, or both.

use tradepost_common::review::REASONS;

use crate::error::{ApiError, ApiResult};

/// Of a note or a question that a moderator writes.
pub const MAX_NOTE_CHARS: usize = 1_000;

/// A reason as it is kept, and as the contributor reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub template: Option<&'static str>,
    pub text: String,
}

/// The reason of a decision that needs one.
///
/// # Errors
/// Invalid when there is neither a template nor a note, the template is not known or the note too long.
pub fn required(template: Option<&str>, note: Option<&str>) -> ApiResult<Reason> {
    let reason = optional(template, note)?;
    reason.ok_or_else(|| ApiError::invalid("reason", "must have 1 to 1,000 characters where no template is given"))
}

/// The reason of a decision that can do without one.
///
/// # Errors
/// Invalid when the template is not known or the note too long.
pub fn optional(template: Option<&str>, note: Option<&str>) -> ApiResult<Option<Reason>> {
    let template = template.map(known).transpose()?;
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > MAX_NOTE_CHARS) {
        return Err(ApiError::invalid("reason", "must have 1 to 1,000 characters"));
    }
    let texts: Vec<&str> = template.map(|(_, text)| text).into_iter().chain(note).collect();
    Ok((!texts.is_empty()).then(|| Reason {
        template: template.map(|(id, _)| id),
        text: without_nul(&texts.join(" ")),
    }))
}

/// A letter between a moderator and a contributor.
///
/// # Errors
/// Invalid when there is nothing in it, or too much.
pub fn letter(at: &str, text: &str, max_chars: usize) -> ApiResult<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max_chars {
        return Err(ApiError::invalid(at, format!("must have 1 to {max_chars} characters")));
    }
    Ok(without_nul(text))
}

/// PostgreSQL's text has no NUL; JSON's may.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn known(id: &str) -> ApiResult<(&'static str, &'static str)> {
    let template = REASONS.iter().find(|template| template.id == id);
    let template = template.map(|template| (template.id, template.text));
    template.ok_or_else(|| {
        let known: Vec<&str> = REASONS.iter().map(|template| template.id).collect();
        ApiError::invalid("template", format!("is not known; there are {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributor_reads_the_template_and_then_the_note() {
        let reason = required(Some("quality"), Some(" The grid is off. ")).unwrap();
        assert_eq!(reason.template, Some("quality"));
        assert!(reason.text.starts_with("The files do not meet"), "{}", reason.text);
        assert!(
            reason.text.ends_with("small sizes. The grid is off."),
            "{}",
            reason.text
        );
        assert_eq!(required(None, Some("Mine")).unwrap().text, "Mine");
        assert!(
            required(Some("quality"), Some(" ")).is_ok(),
            "a template can do without a note"
        );
        assert_eq!(optional(None, Some("  ")).unwrap(), None);
    }

    #[test]
    fn reason_that_says_nothing_is_unknown_or_too_long_is_refused() {
        let long = "x".repeat(1_001);
        for (template, note) in [
            (None, None),
            (None, Some(" ")),
            (Some("taste"), None),
            (Some("quality"), Some(long.as_str())),
        ] {
            assert!(
                required(template, note).is_err(),
                "{template:?} {:?}",
                note.map(str::len)
            );
        }
    }
}
