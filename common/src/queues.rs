//! `GET /v1/queues`, `POST /v1/queues/{name}/pause|resume`: screen 2.

use serde::{Deserialize, Serialize};

/// One queue now. Rates are over the last 10 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueRow {
    /// `scan`, `batch`, `image` or `preview`.
    pub name: String,
    /// Ready to be received.
    pub depth: i64,
    /// Received, not yet deleted.
    pub in_flight: i64,
    /// Not visible yet: delayed, or waiting for its next attempt.
    pub delayed: i64,
    pub dead: i64,
    /// How long the oldest ready message has waited.
    pub oldest_age_seconds: Option<f64>,
    pub done_per_second: f64,
    pub failed_per_second: f64,
    /// Handlers running now in this daemon.
    pub working: u32,
    pub concurrency: u32,
    pub paused: bool,
    /// Who paused it, when it is paused.
    pub paused_by: Option<String>,
    /// Messages done in each of the last 60 s, oldest first.
    pub done_history: Vec<u32>,
}
