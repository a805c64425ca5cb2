//! `tradepostd queues`: makes the queues that a cloud has to have, and looks at them. The database is not needed for it.

use clap::{Args, Subcommand};

use super::{Place, runtime, say};
use crate::config::{Config, QueueBackend};
use crate::queue::sqs::create::{self, Done, Mode};
use crate::queue::sqs::{look, place};

#[derive(Debug, Subcommand)]
pub enum QueuesCommand {
    /// Make the queues on SQS, and set their attributes as the configuration has them. Doing it again changes nothing.
    Create(CreateQueues),
    /// List the queues on SQS, and how many messages are in each.
    Ls(Place),
}

#[derive(Debug, Args)]
pub struct CreateQueues {
    #[command(flatten)]
    place: Place,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(command: &QueuesCommand) -> anyhow::Result<()> {
    let (QueuesCommand::Create(CreateQueues { place, .. }) | QueuesCommand::Ls(place)) = command;
    let (config, _) = place.load()?;
    if config.queues.backend == QueueBackend::Postgres {
        return say(
            "queues.backend is \"postgres\": the queues are tables of the database, and there is nothing to create. \
             `tradepost queues` shows them.",
        );
    }
    match command {
        QueuesCommand::Create(create) => {
            let mode = if create.dry_run { Mode::DryRun } else { Mode::Apply };
            let tell = |name: &str, done: &Done| say(&told(name, done, mode));
            runtime()?.block_on(create::run(&config, mode, tell))
        }
        QueuesCommand::Ls(_) => runtime()?.block_on(list(&config)),
    }
}

fn told(name: &str, done: &Done, mode: Mode) -> String {
    let word = match (done, mode) {
        (Done::Unchanged, _) => "unchanged",
        (Done::Created, Mode::Apply) => "created",
        (Done::Created, Mode::DryRun) => "would create",
        (Done::Changed(_), Mode::Apply) => "changed",
        (Done::Changed(_), Mode::DryRun) => "would change",
    };
    let Done::Changed(changes) = done else {
        return format!("{word:<13} {name}");
    };
    let changes = changes.iter();
    let changes =
        changes.map(|change| format!("\n              {}: {} -> {}", change.attribute, change.from, change.to));
    format!("{word:<13} {name}{}", changes.collect::<String>())
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let queues = look::all(config).await?;
    let width = queues.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    say(&format!(
        "{:<width$} {:>9} {:>9} {:>9}   at {}",
        "NAME",
        "READY",
        "FLIGHT",
        "LATER",
        place(&config.aws)
    ))?;
    for (name, depth) in queues {
        say(&match depth {
            Some(depth) => format!(
                "{name:<width$} {:>9} {:>9} {:>9}",
                depth.ready, depth.in_flight, depth.delayed
            ),
            None => format!("{name:<width$}   is missing: run `tradepostd queues create`"),
        })?;
    }
    Ok(())
}
