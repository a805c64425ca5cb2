//! The log: readable text, or JSON lines in the names of the Elastic Common Schema, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::util::SubscriberInitExt;

use super::ecs::EcsFormat;
use crate::config::{LogConfig, LogFormat};

/// Starts logging; a second call (in tests) changes nothing.
pub fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        anyhow::anyhow!(
            "log.filter {:?} is not a filter like \"info,sqlx=warn\": {error}",
            config.filter
        )
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second subscriber can not be installed and is not needed.
    let _ = match config.format {
        LogFormat::Text => builder.with_target(false).finish().try_init(),
        LogFormat::Json => builder
            .fmt_fields(JsonFields::new())
            .event_format(EcsFormat)
            .finish()
            .try_init(),
    };
    Ok(())
}
