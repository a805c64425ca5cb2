//! The filter of a list.

use tradepost_common::sort::SortBy;

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

/// The filter and the order of a list that the daemon searches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    pub filter: Filter,
    pub sort: Option<SortBy<&'static str>>,
}

impl Search {
    /// The parameters of a request, with their values.
    pub fn parameters(&self) -> [(&'static str, Option<String>); 2] {
        let text = Some(&self.filter.text).filter(|text| !text.is_empty());
        let name = if self.filter.inverse { "without" } else { "text" };
        [(name, text.cloned()), ("sort", self.sort.map(|sort| sort.to_string()))]
    }
}

impl std::fmt::Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}", self.typed())
    }
}
