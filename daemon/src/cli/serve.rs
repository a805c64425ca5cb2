//! `tradepostd serve`: runs the daemon.

use tradepostd::{memory, telemetry};

use super::state::{StateArgs, runtime};

/// Runs until the daemon is stopped.
pub fn run(state: &StateArgs) -> anyhow::Result<()> {
    memory::configure();
    let (config, state) = state.load()?;
    telemetry::log::start(&config)?;
    #[cfg(feature = "otlp")]
    let _traces = telemetry::otlp::Exporter::start(&config)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(tradepostd::run(config, state));
    // A disk that hangs must not keep the process.
    runtime.shutdown_background();
    ended
}
