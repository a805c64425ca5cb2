//! What the daemon measures of itself: log, latency histograms, the Prometheus endpoint, alerts.
//!
//! CloudWatch comes as `cloudwatch.rs` and reads the same histograms.

pub mod alerts;
pub mod latency;
pub mod log;
pub mod process;
pub mod prometheus;
