//! `tradepostd serve`: runs the daemon.

use tradepostd::telemetry;

use super::state::{StateArgs, runtime};

/// Runs until the daemon is stopped.
pub fn run(state: &StateArgs) -> anyhow::Result<()> {
    let (config, state) = state.load()?;
    telemetry::log::start(&config.log)?;
    runtime()?.block_on(tradepostd::run(config, state))
}
