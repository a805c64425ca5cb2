//! The log: readable text, or JSON lines in the names of the Elastic Common Schema, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::ecs::EcsFormat;
use crate::config::{Config, LogFormat};

/// Starts logging; a second call (in tests) changes nothing.
pub fn start(config: &Config) -> anyhow::Result<()> {
    let filter = &config.log.filter;
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| anyhow::anyhow!("log.filter {filter:?} is not a filter like \"info,sqlx=warn\": {error}"))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match config.log.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.fmt_fields(JsonFields::new()).event_format(EcsFormat).boxed(),
    };
    // A second subscriber can not be installed and is not needed.
    #[cfg(feature = "otlp")]
    if config.telemetry.otlp_url.is_some() {
        // Statements are told to the collector only. A filter of one layer loses the event after a question whether another level is enabled.
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
        let _ = subscriber.with(super::otlp::statements()).try_init();
        return Ok(());
    }
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(())
}
