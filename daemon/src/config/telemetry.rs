//! `[telemetry]`: traces for an OpenTelemetry collector.

use serde::Deserialize;

use super::check::Check;

/// Spans of requests, jobs, their steps and the statements of the database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// `http://127.0.0.1:4318`: a collector that takes OTLP over HTTP. Default: no traces. The program must be built with the feature `otlp`.
    pub otlp_url: Option<String>,
    /// The share of traces that is sent, 0 to 1.
    pub sample_ratio: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp_url: None,
            sample_ratio: 1.0,
        }
    }
}

impl TelemetryConfig {
    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.endpoint("telemetry.otlp_url", self.otlp_url.as_deref());
        let can_send = cfg!(feature = "otlp") || self.otlp_url.is_none();
        let message = "this program was built without traces: build it with `cargo build --release --features tradepostd/otlp`, or \
                       take the key away";
        check.require(can_send, "telemetry.otlp_url", message);
        check.between("telemetry.sample_ratio", self.sample_ratio, 0.0..=1.0);
    }
}
