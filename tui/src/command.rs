//! The subcommands of screens that have no folder of their own yet.

mod bulk;
mod campaigns;
mod cases;
mod dead;
mod edit;
mod events;
mod lists;
mod operations;
mod plan;
mod queues;
mod status;
pub mod upload;
mod uploads;

use std::process::ExitCode;

use crate::args::Command;
use crate::cli::Output;
use crate::client::Client;

pub async fn run(client: &Client, command: Command, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Status => status::run(client, output).await?,
        Command::Queues { act } => queues::run(client, act, output).await?,
        Command::Dead { act } => return dead::run(client, act, output).await,
        Command::Ops { act } => operations::run(client, act, output).await?,
        Command::Campaign { act } => return campaigns::run(client, act, output).await,
        Command::Uploads { id: Some(id), .. } => uploads::trace(client, id, output).await?,
        Command::Uploads { id: None, list } => uploads::list(client, &list, output).await?,
        Command::Cases { act: Some(act), .. } => return cases::run(client, act, output).await,
        Command::Cases { id: Some(id), .. } => cases::show(client, id, output).await?,
        Command::Cases { list, .. } => cases::list(client, list, output).await?,
        Command::Approve { case, except, why } => cases::approve(client, case, &except, why, output).await?,
        Command::Reject { case, why } => cases::reject(client, case, why, output).await?,
        Command::Latency => lists::latency(client, output).await?,
        Command::Events { count } => events::run(client, count).await?,
        Command::Upload(_) => anyhow::bail!("`upload` does not use the control socket"),
    }
    Ok(ExitCode::SUCCESS)
}
