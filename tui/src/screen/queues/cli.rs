//! `tradepost queues`: the list, or a change of one.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::MAX_CONCURRENCY;
use super::change::{Change, Setting};
use crate::cli::{Output, Twin};
use crate::client::Client;
use crate::shell::Request;

/// Queues: list, pause, resume, change the concurrency.
#[derive(Debug, Args)]
pub struct QueuesArgs {
    #[command(subcommand)]
    act: Option<QueueCommand>,
}

#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// Pause: running handlers finish, no more start.
    Pause { name: String },
    /// Resume.
    Resume { name: String },
    /// Handlers that run at once in each process.
    Concurrency {
        name: String,
        /// 1 to 1000, or `default` for what is configured.
        #[arg(value_name = "N|default", value_parser = concurrency)]
        handlers: Setting,
    },
}

fn concurrency(text: &str) -> Result<Setting, String> {
    if text == "default" {
        return Ok(Setting::Concurrency(None));
    }
    match text.parse() {
        Ok(n) if (1..=MAX_CONCURRENCY).contains(&n) => Ok(Setting::Concurrency(Some(n))),
        _ => Err(format!("must be a number from 1 to {MAX_CONCURRENCY}, or `default`")),
    }
}

impl Twin for QueuesArgs {
    const NAME: &'static str = "queues";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let change = match self.act {
            None => {
                let queues = client.queues().await?;
                output.print_rows(&serde_json::json!({ "queues": queues }), &queues)?;
                return Ok(ExitCode::SUCCESS);
            }
            Some(QueueCommand::Pause { name }) => Change::new(&name, Setting::Paused),
            Some(QueueCommand::Resume { name }) => Change::new(&name, Setting::Running),
            Some(QueueCommand::Concurrency { name, handlers }) => Change::new(&name, handlers),
        };
        let row = change.send(client).await?;
        output.print(&row, |_| format!("{}\n", change.outcome(&row)))?;
        Ok(ExitCode::SUCCESS)
    }
}
