//! `tradepostd`: see `cli` for its commands and `run.rs` of the library for the life of the daemon.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
