//! Standard output of the commands.

use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;

/// Prints a line. A reader that has closed the pipe is no error.
pub fn print(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("writing the output"),
        _ => Ok(()),
    }
}
