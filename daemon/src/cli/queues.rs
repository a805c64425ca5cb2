//! `tradepostd queues`: creates and lists the queues of a cloud. Needs no database.

use clap::{Args, Subcommand};

use tradepost_common::queues::Backend;
use tradepost_queue::sqs::create::{self, CreateMode, Created};
use tradepost_queue::sqs::look;
use tradepostd::config::Config;
use tradepostd::jobs::QUEUES;
use tradepostd::queues::{sqs_client, sqs_config};

use super::output::print;
use super::state::{StateArgs, runtime};

#[derive(Debug, Subcommand)]
pub enum QueuesCommand {
    /// Create the queues on SQS and set their attributes as configured. Idempotent.
    Create(CreateQueues),
    /// List the queues on SQS and their depths.
    Ls(StateArgs),
}

#[derive(Debug, Args)]
pub struct CreateQueues {
    #[command(flatten)]
    state: StateArgs,
    /// Print the changes without making them.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub fn run(command: &QueuesCommand) -> anyhow::Result<()> {
    let (QueuesCommand::Create(CreateQueues { state, .. }) | QueuesCommand::Ls(state)) = command;
    let (config, _) = state.load()?;
    if config.queues.backend == Backend::Postgres {
        return print(
            "queues.backend is \"postgres\": the queues are tables of the database, and there is nothing to create. \
             `tradepost queues` shows them.",
        );
    }
    match command {
        QueuesCommand::Create(arguments) => {
            let mode = match arguments.dry_run {
                true => CreateMode::DryRun,
                false => CreateMode::Apply,
            };
            runtime()?.block_on(create(&config, mode))
        }
        QueuesCommand::Ls(_) => runtime()?.block_on(list(&config)),
    }
}

async fn create(config: &Config, mode: CreateMode) -> anyhow::Result<()> {
    let client = sqs_client(&config.aws).await?;
    let report = |name: &str, created: &Created| print(&describe(name, created, mode));
    create::run(&client, &sqs_config(config), &QUEUES, mode, report).await
}

fn describe(name: &str, created: &Created, mode: CreateMode) -> String {
    let word = match (created, mode) {
        (Created::Unchanged, _) => "unchanged",
        (Created::New, CreateMode::Apply) => "created",
        (Created::New, CreateMode::DryRun) => "would create",
        (Created::Changed(_), CreateMode::Apply) => "changed",
        (Created::Changed(_), CreateMode::DryRun) => "would change",
    };
    let Created::Changed(changes) = created else {
        return format!("{word:<13} {name}");
    };
    let changes = changes.iter();
    let changes =
        changes.map(|change| format!("\n              {}: {} -> {}", change.attribute, change.from, change.to));
    format!("{word:<13} {name}{}", changes.collect::<String>())
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let sqs = sqs_config(config);
    let queues = look::list(&sqs_client(&config.aws).await?, &sqs, &QUEUES).await?;
    let width = queues.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    print(&format!(
        "{:<width$} {:>9} {:>9} {:>9}   at {}",
        "NAME", "READY", "FLIGHT", "LATER", sqs.server
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
