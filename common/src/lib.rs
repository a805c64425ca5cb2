//! Types that the daemon (`tradepostd`) and the terminal (`tradepost`) exchange over the control socket.
//!
//! HTTP/1.1 + JSON over a Unix socket, one module per screen. No I/O happens here.
//! Times are RFC 3339 in UTC, durations say their unit in their name, sizes are bytes.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod ids;
pub mod problem;
pub mod sort;

pub mod audit;
pub mod campaigns;
pub mod catalog;
pub mod dead;
pub mod events;
pub mod latency;
pub mod ledger;
pub mod machines;
pub mod mail;
pub mod money;
pub mod operations;
pub mod orders;
pub mod overview;
pub mod payments;
pub mod payouts;
pub mod queues;
pub mod review;
pub mod sales;
pub mod search;
pub mod tokens;
pub mod uploads;
pub mod verbs;

pub use tradepost_base::{text, text_enum};

/// The largest page a list of the control API answers with.
pub const MAX_PAGE: u32 = 200;

/// One page of a list, read by keyset: pass `next` as `cursor` to get what follows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub rows: Vec<T>,
    /// `None` on the last page.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub next: Option<String>,
    /// Rows of all pages. Counted for the first page of the lists that the control API searches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// A page of a list that is not counted.
    pub fn new(rows: Vec<T>, next: Option<String>) -> Self {
        Self {
            rows,
            next,
            total: None,
        }
    }

    /// The rows of a page that was asked for with `limit`. A full page is followed by another one, after the key of its last row.
    pub fn from_rows<K: std::fmt::Display>(rows: Vec<T>, limit: u32, key: impl FnOnce(&T) -> K) -> Self {
        let next = rows
            .last()
            .filter(|_| rows.len() >= limit as usize)
            .map(|row| key(row).to_string());
        Self::new(rows, next)
    }

    /// The page with other rows.
    pub fn map<U>(self, change: impl FnOnce(Vec<T>) -> Vec<U>) -> Page<U> {
        Page {
            rows: change(self.rows),
            next: self.next,
            total: self.total,
        }
    }
}
