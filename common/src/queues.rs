//! Screen 2, queues: `GET /v1/queues`, `POST /v1/queues/{name}/pause | resume`, `POST /v1/queues/{name}/concurrency` ([`SetConcurrency`]).
//!
//! All three acts survive a restart, and answer with the [`QueueRow`].

use serde::{Deserialize, Serialize};

/// One queue now. Rates are over the last 10 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueRow {
    /// `scan`, `unpack`, `render` or `preview`.
    pub name: String,
    /// Ready to be received.
    pub depth: i64,
    /// Received, not yet deleted.
    pub in_flight: i64,
    /// Not visible yet: delayed, or waiting for its next attempt.
    pub delayed: i64,
    pub dead: i64,
    /// How long the oldest ready message has waited; with SQS, as the last messages received tell.
    pub oldest_age_seconds: Option<f64>,
    /// Messages that this daemon sent.
    pub sent_per_second: f64,
    pub done_per_second: f64,
    pub failed_per_second: f64,
    /// Handlers running now in this daemon.
    pub working: u32,
    /// Processes that work on the queue, on all machines.
    pub workers: u32,
    /// Handlers that each of them runs at once.
    pub concurrency: u32,
    /// Who changed the concurrency from what is configured, if anybody did.
    pub concurrency_by: Option<String>,
    pub paused: bool,
    /// Who paused it, when it is paused.
    pub paused_by: Option<String>,
    /// Messages done in each of the last 60 s, oldest first.
    pub done_history: Vec<u32>,
    /// Messages sent in each of the last 60 s, oldest first.
    pub sent_history: Vec<u32>,
    /// `postgres` or `sqs`.
    pub backend: String,
}

/// Another concurrency for a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetConcurrency {
    /// Handlers that run at once, 1 to 1,000; `None`: as configured.
    pub concurrency: Option<u32>,
}
