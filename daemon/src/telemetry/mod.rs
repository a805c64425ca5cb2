//! Log, traces, latency histograms, the Prometheus text, CloudWatch, alerts. They know no feature: features record, register and raise.

pub mod alerts;
pub mod cloudwatch;
pub mod ecs;
pub mod latency;
pub mod log;
#[cfg(feature = "otlp")]
pub mod otlp;
pub mod pools;
pub mod process;
pub mod prometheus;
