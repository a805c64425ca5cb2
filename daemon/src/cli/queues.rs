//! `tradepostd queues`: creates and lists the queues of a cloud. Needs no database.

use clap::{Args, Subcommand};

use tradepostd::config::{Config, QueueBackend};
use tradepostd::queue::sqs::create::{self, Done, Mode};
use tradepostd::queue::sqs::{look, place};

use super::output::print;
use super::state::{StateArgs, runtime};

#[derive(Debug, Subcommand)]
pub enum QueuesCommand {
    /// Make the queues on SQS, and set their attributes as the configuration has them. Doing it again changes nothing.
    Create(CreateQueues),
    /// List the queues on SQS, and how many messages are in each.
    Ls(StateArgs),
}

#[derive(Debug, Args)]
pub struct CreateQueues {
    #[command(flatten)]
    state: StateArgs,
    /// Print what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(command: &QueuesCommand) -> anyhow::Result<()> {
    let (QueuesCommand::Create(CreateQueues { state, .. }) | QueuesCommand::Ls(state)) = command;
    let (config, _) = state.load()?;
    if config.queues.backend == QueueBackend::Postgres {
        return print(
            "queues.backend is \"postgres\": the queues are tables of the database, and there is nothing to create. \
             `tradepost queues` shows them.",
        );
    }
    match command {
        QueuesCommand::Create(create) => {
            let mode = if create.dry_run { Mode::DryRun } else { Mode::Apply };
            let report = |name: &str, done: &Done| print(&describe(name, done, mode));
            runtime()?.block_on(create::run(&config, mode, report))
        }
        QueuesCommand::Ls(_) => runtime()?.block_on(list(&config)),
    }
}

fn describe(name: &str, done: &Done, mode: Mode) -> String {
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
    print(&format!(
        "{:<width$} {:>9} {:>9} {:>9}   at {}",
        "NAME",
        "READY",
        "FLIGHT",
        "LATER",
        place(&config.aws)
    ))?;
    for (name, depth) in queues {
        print(&match depth {
            Some(depth) => format!(
                "{name:<width$} {:>9} {:>9} {:>9}",
                depth.ready, depth.in_flight, depth.delayed
            ),
            None => format!("{name:<width$}   is missing: run `tradepostd queues create`"),
        })?;
    }
    Ok(())
}
