//! The reasons that contributors are given: a template's text, a moderator's note, or both.

use tradepost_common::review::REASONS;
use tradepost_common::text::Text;

use crate::error::{ApiError, ApiResult};

/// Lines of what people write to each other.
const LINES: usize = 100;

/// A note or a question that a moderator writes.
pub type Note = Text<1_000, LINES>;

/// An answer or an appeal of a contributor.
pub type Letter = Text<2_000, LINES>;

/// A reason as it is kept, and as the contributor reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub template: Option<&'static str>,
    pub text: String,
}

/// The reason of a decision that needs one.
///
/// # Errors
/// Invalid when there is neither a template nor a note, the template is not known or the note is no [`Note`].
pub fn required(template: Option<&str>, note: Option<&str>) -> ApiResult<Reason> {
    let reason = optional(template, note)?;
    reason.ok_or_else(|| ApiError::invalid("reason", "must have 1 to 1,000 characters where no template is given"))
}

/// The reason of a decision that can do without one.
///
/// # Errors
/// Invalid when the template is not known or the note is no [`Note`].
pub fn optional(template: Option<&str>, note: Option<&str>) -> ApiResult<Option<Reason>> {
    let template = template.map(known).transpose()?;
    let note = note.filter(|note| !note.trim().is_empty());
    let note: Option<Note> = note.map(|note| parse("reason", note)).transpose()?;
    let texts: Vec<&str> = template
        .map(|(_, text)| text)
        .into_iter()
        .chain(note.as_ref().map(Text::as_str))
        .collect();
    Ok((!texts.is_empty()).then(|| Reason {
        template: template.map(|(id, _)| id),
        text: texts.join(" "),
    }))
}

/// A [`Note`] or a [`Letter`].
///
/// # Errors
/// Invalid.
pub fn parse<const MAX: usize>(at: &str, text: &str) -> ApiResult<Text<MAX, LINES>> {
    Text::parse(text).map_err(|message| ApiError::invalid(at, message))
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
