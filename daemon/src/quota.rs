//! A budget of requests, as header fields tell it to clients (draft-ietf-httpapi-ratelimit-headers).

use axum::http::{HeaderMap, HeaderValue};

/// The window of every budget.
const WINDOW_SECONDS: u64 = 60;

/// The state of a budget after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// An RFC 9651 string: plain ASCII without quotes.
    pub name: &'static str,
    /// Requests a minute.
    pub limit: u32,
    pub left: u32,
    /// Seconds until the budget is full again; after a refusal, until it has one.
    pub reset_seconds: u64,
}

impl Quota {
    /// Adds `RateLimit-Policy` and `RateLimit`. Both are lists: a request may take from several budgets.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let Self {
            name,
            limit,
            left,
            reset_seconds,
        } = self;
        let policy = format!("\"{name}\";q={limit};w={WINDOW_SECONDS}");
        let state = format!("\"{name}\";r={left};t={reset_seconds}");
        for (field, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            headers.append(
                field,
                HeaderValue::try_from(value).expect("names and digits are a header"),
            );
        }
    }
}
