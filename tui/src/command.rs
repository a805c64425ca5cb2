//! The subcommands of screens that have no folder of their own yet.

mod dead;
mod edit;
mod plan;
pub mod upload;

use std::process::ExitCode;

use crate::args::Command;
use crate::cli::Output;
use crate::client::Client;

pub async fn run(client: &Client, command: Command, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Dead { act } => dead::run(client, act, output).await,
        Command::Upload(_) => anyhow::bail!("`upload` does not use the control socket"),
    }
}
