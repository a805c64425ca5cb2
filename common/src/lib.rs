//! What the daemon (`tradepostd`) and the terminal (`tradepost`) say to each other over the control socket.
//!
//! HTTP/1.1 + JSON over a Unix socket, one module per screen. No I/O happens here.
//! Times are RFC 3339 in UTC, durations say their unit in their name, sizes are bytes.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod ids;
pub mod problem;
pub mod text_enum;

pub mod audit;
pub mod campaigns;
pub mod dead;
pub mod events;
pub mod latency;
pub mod operations;
pub mod overview;
pub mod queues;
pub mod review;
pub mod uploads;

/// The largest page a list of the control API answers with.
pub const MAX_PAGE: u32 = 200;

/// One page of a list, read by keyset: pass `next` as `cursor` to get what follows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// `None` on the last page.
    pub next: Option<String>,
}
