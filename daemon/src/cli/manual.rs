//! `tradepostd manual`: man pages and completions, from the definitions of the commands themselves.

use std::path::Path;

use clap_complete::Shell;

/// Writes a man page for each command, and the completions of each shell.
pub fn write(mut command: clap::Command, out: &Path) -> anyhow::Result<()> {
    let name = command.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut command, &name, out)?;
    }
    clap_mangen::generate_to(command, out)?;
    Ok(())
}
