//! Empty jobs per second: enqueue, work and delete, ours and graphile-worker's, turn by turn on one server. Then interactive messages
//! among very many bulk ones.
//!
//! Same server with the settings of the embedded mode (every commit waits for the disk), same number of clients, handlers and
//! connections. Medians.

mod graphile;
mod interactive;
mod ours;
mod sqs;

use std::time::Duration;

use clap::Args;

use crate::chaos::Backend;
use crate::server::Server;
use graphile::{Graphile, Preset};

/// The size of a batch.
const BATCH: usize = 100;

/// Size of the benchmark.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// On PostgreSQL beside graphile-worker; on SQS alone.
    #[arg(long, value_enum, default_value = "postgres")]
    pub backend: Backend,
    /// Rounds of the comparison; with 0 on PostgreSQL it is left out.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Jobs in each measurement.
    #[arg(long, default_value_t = 20_000)]
    pub jobs: usize,
    /// Clients that enqueue at once, and handlers that run at once.
    #[arg(long, default_value_t = 24)]
    pub concurrency: usize,
    /// Messages that our worker may claim before a handler is free for them.
    #[arg(long, default_value_t = 200)]
    pub prefetch: u32,
    /// Bulk messages that lie ready while interactive ones are timed; with 0 that is left out. On PostgreSQL only.
    #[arg(long, default_value_t = 1_000_000)]
    pub ready: usize,
    /// Given up after this time.
    #[arg(long, default_value_t = 1_800)]
    pub limit_seconds: u64,
}

/// Seconds of one turn.
#[derive(Debug, Clone, Copy)]
struct Turn {
    one_by_one: f64,
    in_batches: f64,
    work: f64,
}

/// Measures and prints tables.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let limit = Duration::from_secs(options.limit_seconds);
    let measuring = async {
        match options.backend {
            Backend::Postgres => {
                if options.rounds > 0 {
                    compare(options).await?;
                }
                if options.ready > 0 {
                    interactive::measure(options).await?;
                }
                Ok(())
            }
            Backend::Sqs => sqs::measure(options).await,
        }
    };
    tokio::time::timeout(limit, measuring).await?
}

async fn compare(options: &Options) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let mut graphile = Graphile::start(&server.place).await?;
    let (mut ours, mut plain, mut tuned) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        ours.push(ours::turn(&server, options).await?);
        plain.push(graphile.turn(options, Preset::Plain).await?);
        tuned.push(graphile.turn(options, Preset::Tuned).await?);
    }
    println!(
        "\n{} empty jobs a measurement, {} clients and handlers, medians of {} rounds; graphile-worker on node {}; jobs a second:\n",
        options.jobs, options.concurrency, options.rounds, graphile.node
    );
    println!(
        "| what | ours | graphile-worker, its defaults | graphile-worker, tuned | ours to defaults | ours to tuned |"
    );
    println!("|---|---|---|---|---|---|");
    let figures: [(&str, Seconds); 5] = [
        ("enqueue, one a transaction", |turn| turn.one_by_one),
        ("enqueue, 100 a transaction", |turn| turn.in_batches),
        ("work and delete", |turn| turn.work),
        ("all, enqueued one a transaction", |turn| turn.one_by_one + turn.work),
        ("all, enqueued 100 a transaction", |turn| turn.in_batches + turn.work),
    ];
    for (what, seconds) in figures {
        let [ours, plain, tuned] = [&ours, &plain, &tuned].map(|turns| options.jobs as f64 / median(turns, seconds));
        println!(
            "| {what} | {ours:.0} | {plain:.0} | {tuned:.0} | {:.1} | {:.1} |",
            ours / plain,
            ours / tuned
        );
    }
    Ok(())
}

fn median(turns: &[Turn], seconds: fn(&Turn) -> f64) -> f64 {
    middle(turns.iter().map(seconds).collect())
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The part of a round that a line of the table reports.
type Seconds = fn(&Turn) -> f64;
