//! `tradepostd`: see `cli.rs` for its commands and `run.rs` for the life of the daemon.

use std::process::ExitCode;

fn main() -> ExitCode {
    tradepostd::cli::main()
}
