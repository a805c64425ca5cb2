//! Arguments that name the state directory and the configuration.

use std::path::PathBuf;

use anyhow::Context as _;
use tradepostd::config::Config;

/// Read when no file is named, if it exists.
const DEFAULT_CONFIG: &str = "/etc/tradepost/tradepost.toml";

#[derive(Debug, clap::Args)]
pub struct StateArgs {
    /// The state directory: database, objects, keys.
    #[arg(long, env = "TRADEPOST_STATE", default_value = "/var/lib/tradepost")]
    state: PathBuf,
    /// The configuration file; /etc/tradepost/tradepost.toml when that is there.
    #[arg(long, env = "TRADEPOST_CONFIG")]
    config: Option<PathBuf>,
}

impl StateArgs {
    /// Reads the configuration. Returns it with the absolute path of the state directory.
    pub fn load(&self) -> anyhow::Result<(Config, PathBuf)> {
        let default = PathBuf::from(DEFAULT_CONFIG);
        let file = self.config.clone().or_else(|| default.exists().then_some(default));
        let config = Config::load(file.as_deref())?;
        // Embedded servers get it after a change of directory.
        let state = std::path::absolute(&self.state).context("the path of the state directory")?;
        Ok((config, state))
    }
}

/// Starts the runtime of a command.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")
}
