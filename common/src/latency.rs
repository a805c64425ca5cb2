//! `GET /v1/latency`: screen 5.

use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Subject of a histogram.
    pub enum Scope {
        /// A route of the public API, from request line to response head: `GET /v1/items`.
        Route = "route",
        /// A stage of the pipeline, the handler's run: `scan`, `render.render`.
        Stage = "stage",
        /// From the moment a message became visible to the moment it was received, by queue.
        QueueWait = "queue_wait",
        /// Getting a database connection from the pool.
        Pool = "pool",
        /// A route of the control socket.
        Control = "control",
    }
}

/// One histogram: the last 60 s, and all since the daemon started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencyRow {
    pub scope: Scope,
    pub name: String,
    pub recent: Quantiles,
    pub total: Quantiles,
    /// Events a second over the last 60 s.
    pub rate_per_second: f64,
    /// Events since start that ended in an error (routes: status 500 and up).
    pub errors: u64,
}

/// Quantiles in milliseconds; all zero when `count` is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    pub count: u64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}
