//! Lists are read in pages. Some are searched and sorted: `?text=&without=&sort=`.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use tradepost_common::sort::{Order, SortBy};
use tradepost_common::{MAX_PAGE, Page};

use crate::error::{ApiError, ApiResult};

/// Rows of a page of the control API when the request does not say.
const DEFAULT_ROWS: u32 = 100;

/// The query of a list that is not narrowed to anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery<T> {
    pub cursor: Option<T>,
    pub limit: Option<u32>,
}

/// Rows of a page that a request asks for: 1 to 200; 100 by default.
///
/// # Errors
/// Invalid.
pub fn limit(asked: Option<u32>) -> ApiResult<u32> {
    limit_or(asked, DEFAULT_ROWS)
}

/// As [`limit`], with another default.
///
/// # Errors
/// Invalid.
pub fn limit_or(asked: Option<u32>, default: u32) -> ApiResult<u32> {
    let rows = asked.unwrap_or(default);
    if (1..=MAX_PAGE).contains(&rows) {
        return Ok(rows);
    }
    Err(ApiError::invalid("limit", format!("must be between 1 and {MAX_PAGE}")))
}

/// The query of a list that is only searched and sorted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    pub cursor: Option<String>,
    pub limit: Option<u32>,
    pub text: Option<String>,
    pub without: Option<String>,
    pub sort: Option<String>,
}

impl SearchQuery {
    pub fn texts(&self) -> Texts {
        Texts::new(self.text.as_deref(), self.without.as_deref())
    }

    /// # Errors
    /// As [`Place::parse`].
    pub fn place<C: FromStr<Err: Display>, K: FromStr>(&self) -> ApiResult<Place<C, K>> {
        Place::parse(self.sort.as_deref(), self.cursor.as_deref())
    }
}

/// Texts that the rows of a list contain, or do not, as patterns for `ilike`.
#[derive(Debug, Default, Clone)]
pub struct Texts {
    pub with: Option<String>,
    pub without: Option<String>,
}

impl Texts {
    /// Nothing is searched for when the text is empty.
    pub fn new(with: Option<&str>, without: Option<&str>) -> Self {
        let pattern = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(contains);
        Self {
            with: pattern(with),
            without: pattern(without),
        }
    }
}

/// A pattern for `ilike` that matches what contains the text.
pub fn contains(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The order of a list and the place where its page begins.
#[derive(Debug, Clone)]
pub struct Place<C, K> {
    /// `None`: the order that the list has by itself.
    pub sort: Option<SortBy<C>>,
    pub after: Option<Cursor<K>>,
}

impl<C: FromStr<Err: Display>, K: FromStr> Place<C, K> {
    /// # Errors
    /// Invalid: an unknown column, or a cursor that is not of this order.
    pub fn parse(sort: Option<&str>, cursor: Option<&str>) -> ApiResult<Self> {
        let sort: Option<SortBy<C>> = match sort.filter(|sort| !sort.is_empty()).map(str::parse).transpose() {
            Ok(sort) => sort,
            Err(error) => return Err(ApiError::invalid("sort", format!("{error}"))),
        };
        let no_cursor = || ApiError::invalid("cursor", "is not the `next` of a page in this order");
        let after = match cursor {
            Some(text) => {
                let cursor: Cursor<K> = Cursor::parse(text).ok_or_else(no_cursor)?;
                if cursor.key.is_some() != sort.is_some() {
                    return Err(no_cursor());
                }
                Some(cursor)
            }
            None => None,
        };
        Ok(Self { sort, after })
    }
}

impl<C: AsRef<str>, K: Copy> Place<C, K> {
    /// The list's own order, after that row.
    pub fn newest(after: Option<K>) -> Self {
        Self {
            sort: None,
            after: after.map(|id| Cursor { id, key: None }),
        }
    }

    /// The column, its direction and the key to start after, for a statement; `None` in the list's own order.
    pub fn sorted(&self) -> Option<Sorted<'_, K>> {
        let sort = self.sort.as_ref()?;
        Some(Sorted {
            column: sort.column.as_ref(),
            is_falling: sort.order == Order::Falling,
            after_key: self.after.as_ref().and_then(|after| after.key.as_deref()),
            after_id: self.after_id(),
        })
    }

    pub fn after_id(&self) -> Option<K> {
        self.after.as_ref().map(|after| after.id)
    }
}

/// [`Place`] as statements take it.
#[derive(Debug, Clone, Copy)]
pub struct Sorted<'a, K> {
    pub column: &'a str,
    pub is_falling: bool,
    pub after_key: Option<&'a str>,
    pub after_id: Option<K>,
}

/// The last row of a page: `<id>`, or `<id>.<sort key>` where the list is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<K> {
    pub id: K,
    pub key: Option<String>,
}

/// The page with the rows that these cursors are of.
pub fn page<K: Display, T>(found: &[Cursor<K>], rows: Vec<T>, limit: u32) -> Page<T> {
    let last = found.last().filter(|_| found.len() >= limit as usize);
    Page::new(rows, last.map(ToString::to_string))
}

impl<K: FromStr> Cursor<K> {
    pub fn parse(text: &str) -> Option<Self> {
        let (id, key) = match text.split_once('.') {
            Some((id, key)) => (id, Some(key.to_owned())),
            None => (text, None),
        };
        let id = id.parse().ok()?;
        Some(Self { id, key })
    }
}

impl<K: Display> Display for Cursor<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}.{key}", self.id),
            None => self.id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_common::audit::AuditColumn;

    #[test]
    fn cursor_reads_what_it_wrote() {
        for (id, key) in [(7, None), (7, Some("")), (-7, Some("a.b · c"))] {
            let cursor = Cursor {
                id,
                key: key.map(str::to_owned),
            };
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
        assert_eq!(Cursor::<i64>::parse("x.7"), None);
    }

    #[test]
    fn cursor_of_another_order_is_refused() {
        let parse = Place::<AuditColumn, i64>::parse;
        assert!(parse(None, Some("7")).is_ok());
        assert!(parse(Some("-user"), Some("7.root")).is_ok());
        assert!(parse(Some("user"), Some("7")).is_err());
        assert!(parse(None, Some("7.root")).is_err());
        assert!(parse(Some("colour"), None).is_err());
    }

    #[test]
    fn pattern_takes_the_text_as_it_is() {
        assert_eq!(contains(r"50%_\"), r"%50\%\_\\%");
        let texts = Texts::new(Some(""), Some("x"));
        assert_eq!((texts.with, texts.without.as_deref()), (None, Some("%x%")));
    }
}
