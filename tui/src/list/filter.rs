//! The filter of a list.

use crate::text;

/// Rows must contain the text, or must not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub text: String,
    pub inverse: bool,
}

impl Filter {
    /// Parses the text typed after `/`; a leading `!` inverts the filter.
    pub fn parse(typed: &str) -> Self {
        match typed.strip_prefix('!') {
            Some(rest) => Self {
                text: rest.to_owned(),
                inverse: true,
            },
            None => Self {
                text: typed.to_owned(),
                inverse: false,
            },
        }
    }

    /// The text as it is typed after `/`.
    pub fn typed(&self) -> String {
        format!("{}{}", if self.inverse { "!" } else { "" }, self.text)
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn keeps(&self, line: &str) -> bool {
        self.is_empty() || text::contains(line, &self.text) != self.inverse
    }
}

impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}", self.typed())
    }
}
