//! Questions on the command line. The default is no.

use std::io::{IsTerminal, Write};

use anyhow::Context;

/// Somebody sits at the terminal and can be asked.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, and takes exactly that word for yes.
pub async fn ask(question: &str, yes: &str) -> anyhow::Result<bool> {
    eprint!("{question} ");
    std::io::stderr().flush()?;
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = read => line.context("cannot read the answer")??,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            eprintln!();
            return Ok(false);
        }
    };
    Ok(line.trim() == yes)
}
