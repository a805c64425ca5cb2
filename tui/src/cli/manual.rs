//! `tradepost manual`: man pages and completions, from the definitions of the subcommands themselves.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Write man pages and completions of the shells into a folder; `make deb` does.
#[derive(Debug, Args)]
pub struct ManualArgs {
    /// The folder.
    out: PathBuf,
}

impl ManualArgs {
    pub const NAME: &str = "manual";

    /// Writes a man page for each subcommand, and the completions of each shell.
    pub fn write(&self, mut command: clap::Command) -> anyhow::Result<()> {
        let name = command.get_name().to_owned();
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            clap_complete::generate_to(shell, &mut command, &name, &self.out)?;
        }
        clap_mangen::generate_to(command, &self.out)?;
        Ok(())
    }
}
