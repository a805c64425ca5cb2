//! `make chaos`: kills workers and crashes the database under load, then counts what was lost or done twice.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tradepost_tests::chaos::{self, Options, orphans, worker};
use tradepost_tests::{chaos_deploys, chaos_machines, chaos_money, chaos_packs, chaos_search};

#[derive(Parser)]
#[command(about = "Kills workers and crashes the database under load, then counts what was lost or done twice")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sends messages, kills workers, crashes the database, counts. The exit code tells whether all is well.
    Run(Options),
    /// Measures how soon a message whose worker was killed runs again.
    Orphans {
        /// Visibility timeouts.
        #[arg(long, value_delimiter = ',', default_values_t = [2, 5, 10])]
        seconds: Vec<u32>,
        #[arg(long, default_value_t = 20)]
        kills: usize,
    },
    /// Buys, refunds and disputes while the provider misbehaves; kills the daemon, crashes the database, compares the books.
    Money(chaos_money::Options),
    /// Rolls versions over two machines behind nginx, under load, bad ones as well, and counts what failed or was lost.
    Deploys(chaos_deploys::Options),
    /// Kills, freezes and cuts off machines on one database behind nginx, under load, and counts orders. Needs root.
    Machines(chaos_machines::Options),
    /// Uploads packs, kills the daemon, crashes its PostgreSQL, and counts files, rows and objects.
    Packs(chaos_packs::Options),
    /// Changes, withdraws and deletes items, kills the daemon, compares the search index with the truth.
    Search(chaos_search::Options),
    /// A worker process, started by the other two; ends with its standard input.
    #[command(hide = true)]
    Worker { settings: String },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let limit = match &arguments.command {
        Command::Money(options) => options.limit_seconds + 300,
        Command::Packs(options) => options.limit_seconds + 300,
        Command::Search(_) => 3_600,
        _ => 900,
    };
    let limit = Duration::from_secs(limit);
    let work = async {
        match arguments.command {
            Command::Run(options) => chaos::run(&options).await,
            Command::Orphans { seconds, kills } => orphans::measure(&seconds, kills).await,
            Command::Money(options) => chaos_money::run(&options).await,
            Command::Deploys(options) => chaos_deploys::run(&options).await,
            Command::Machines(options) => chaos_machines::run(&options).await,
            Command::Packs(options) => chaos_packs::run(&options).await,
            Command::Search(options) => chaos_search::run(&options).await,
            Command::Worker { settings } => worker::run(&settings).await.map(|()| true),
        }
    };
    // Whichever is dropped here takes its processes and folders with it.
    let ended = tokio::select! {
        ended = work => ended,
        () = tradepost_tests::interrupted() => Err(anyhow::anyhow!("interrupted")),
        () = tokio::time::sleep(limit) => Err(anyhow::anyhow!("not done within {} s", limit.as_secs())),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::from(2)
        }
    }
}
