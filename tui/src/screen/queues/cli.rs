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
    /// Jobs that have been running for a second or more, on all machines; the longest first.
    Running {
        /// Only those of this queue.
        #[arg(long, value_name = "NAME")]
        queue: Option<String>,
    },
    /// Pause: running handlers finish, no more start.
    Pause {
        /// Name of the queue.
        name: String,
    },
    /// Resume.
    Resume {
        /// Name of the queue.
        name: String,
    },
    /// Handlers that run at once in each process.
    Concurrency {
        /// Name of the queue.
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
            Some(QueueCommand::Running { queue }) => {
                running(client, queue.as_deref(), output).await?;
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

async fn running(client: &Client, queue: Option<&str>, output: Output) -> anyhow::Result<()> {
    let queues = client.queues().await?;
    if let Some(wanted) = queue {
        let names: Vec<_> = queues.iter().map(|queue| queue.name.as_str()).collect();
        let is_known = names.contains(&wanted);
        anyhow::ensure!(
            is_known,
            "no queue is called {wanted}: must be one of {}",
            names.join(", ")
        );
    }
    let wanted = queues
        .into_iter()
        .filter(|row| queue.is_none_or(|queue| queue == row.name));
    let mut jobs: Vec<_> = wanted.flat_map(|queue| queue.running).collect();
    jobs.sort_by_key(|job| job.started_at);
    output.print_rows(&serde_json::json!({ "running": jobs }), &jobs)
}
