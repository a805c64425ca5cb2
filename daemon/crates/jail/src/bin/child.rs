//! A child for the tests of this crate; `tradepostd` brings its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    tradepost_jail::child::main()
}
