//! Texts that people write: parsed at the edge, and harmless in a database, a log and a terminal from then on.

#[cfg(feature = "openapi")]
pub mod schema;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_width::UnicodeWidthStr as _;

/// A text of 1 to `MAX` characters on at most `LINES` lines: trimmed, in NFC, without hidden characters. A single line is at most
/// `MAX` columns wide.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize, const LINES: usize = 1>(String);

impl<const MAX: usize, const LINES: usize> Text<MAX, LINES> {
    /// Parses a text. The error completes the sentence "it ...".
    pub fn parse(text: &str) -> Result<Self, String> {
        let text: String = text.replace("\r\n", "\n").nfc().collect();
        if text.trim().is_empty() || text.chars().count() > MAX {
            return Err(format!("must have 1 to {MAX} characters"));
        }
        let is_break = |character| LINES > 1 && matches!(character, '\n' | '\t');
        if let Some(hidden) = text
            .chars()
            .find(|&character| is_hidden(character) && !is_break(character))
        {
            return Err(refusal(hidden));
        }
        let text = text.trim();
        if text.lines().count() > LINES {
            return Err(format!("must have at most {LINES} lines"));
        }
        if LINES == 1 && text.width() > MAX {
            return Err(format!("must be at most {MAX} columns wide"));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize, const LINES: usize> TryFrom<String> for Text<MAX, LINES> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl<const MAX: usize, const LINES: usize> From<Text<MAX, LINES>> for String {
    fn from(text: Text<MAX, LINES>) -> Self {
        text.0
    }
}

/// Control characters, and those that change how the text around them reads or hide another text in it.
const HIDDEN: [RangeInclusive<char>; 10] = [
    '\u{00}'..='\u{1F}',
    '\u{7F}'..='\u{9F}',
    '\u{061C}'..='\u{061C}',
    '\u{200B}'..='\u{200B}',
    '\u{200E}'..='\u{200F}',
    '\u{2028}'..='\u{202E}',
    '\u{2060}'..='\u{206F}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFF9}'..='\u{FFFB}',
    '\u{E0000}'..='\u{E007F}',
];

/// True for a character that no text needs.
pub fn is_hidden(character: char) -> bool {
    HIDDEN.iter().any(|range| range.contains(&character))
}

/// The refusal of a text with a hidden character. It completes the sentence "it ...".
pub fn refusal(hidden: char) -> String {
    format!("must not contain the character U+{:04X}", u32::from(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = Text<10>;
    type Note = Text<20, 3>;

    #[test]
    fn text_is_trimmed_and_in_nfc() {
        assert_eq!(Line::parse(" e\u{301}te\u{301} ").unwrap().as_str(), "été");
        assert_eq!(Note::parse("one\r\n\ttwo\n").unwrap().as_str(), "one\n\ttwo");
        assert_eq!(serde_json::from_str::<Line>(r#""été""#).unwrap().as_str(), "été");
        assert!(serde_json::from_str::<Line>(r#""\u0000""#).is_err());
    }

    #[test]
    fn hidden_characters_are_refused_and_those_of_emoji_are_not() {
        for hidden in [
            '\0',
            '\u{7}',
            '\u{1b}',
            '\u{9b}',
            '\u{202E}',
            '\u{2066}',
            '\u{E0041}',
            '\u{FEFF}',
            '\u{2028}',
        ] {
            let text = format!("a{hidden}b");
            assert_eq!(Line::parse(&text), Err(refusal(hidden)));
            assert_eq!(Note::parse(&text), Err(refusal(hidden)));
        }
        assert!(Line::parse("a\nb").is_err());
        assert!(Line::parse("ab\n").is_err(), "a line has no break, not even at its end");
        assert!(Line::parse("👩‍🚀❤️").is_ok());
    }

    #[test]
    fn length_width_and_lines_have_a_bound() {
        assert!(Line::parse(" ").is_err());
        assert!(Line::parse("0123456789").is_ok() && Line::parse("0123456789a").is_err());
        assert!(Line::parse("花花花花花").is_ok() && Line::parse("花花花花花花").is_err());
        assert!(Line::parse(&format!("a{}", "\u{301}".repeat(20))).is_err());
        assert!(Note::parse("a\nb\nc").is_ok() && Note::parse("a\nb\nc\nd").is_err());
    }
}
