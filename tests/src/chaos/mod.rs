//! Chaos: real worker processes on a real server, killed and crashed at random while they work; then everything is counted.
//!
//! Each message's handler writes one row in a transaction, keyed by the message. What the sender committed must have its row
//! once and a tick of a counter once; what it rolled back must never run; poison must end among the dead letters after exactly
//! the configured number of recorded attempts.

pub mod orphans;
pub mod worker;

mod herd;
mod sender;
mod tables;
mod verdict;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tokio::task::JoinSet;
use tradepostd::queue::{Broker, QueueName};

use crate::engine::Place;
use crate::server::Server;
use crate::sqs::Sqs;
use herd::Herd;
use verdict::{Story, Verdict};
use worker::Role;

/// The queue everything goes through; which one does not matter.
const QUEUE: QueueName = QueueName::Image;
/// Attempts before a message becomes a dead letter.
const ATTEMPTS: u32 = 5;
const VISIBILITY: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(25);
/// A worker that was started later than this ago may not work yet: killing it would prove nothing.
const GROWN_UP: Duration = Duration::from_millis(400);

/// What carries the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    Postgres,
    Sqs,
}

/// How much chaos.
#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long, value_enum, default_value = "postgres")]
    pub backend: Backend,
    #[arg(long, default_value_t = 10_000)]
    pub messages: u32,
    /// Workers killed with SIGKILL.
    #[arg(long, default_value_t = 100)]
    pub kills: u32,
    /// Crashes of PostgreSQL; with SQS, as many kills of the relay.
    #[arg(long, default_value_t = 2)]
    pub restarts: u32,
    /// Messages whose handler always fails.
    #[arg(long, default_value_t = 100)]
    pub poison: u32,
    /// Worker processes.
    #[arg(long, default_value_t = 4)]
    pub workers: usize,
    /// Given up after this time.
    #[arg(long, default_value_t = 600)]
    pub limit_seconds: u64,
}

/// Runs the whole story and prints what came of it. `false`: something was lost, doubled or not as it should be.
///
/// # Errors
/// When the story could not be told: no server, no worker, too slow.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    anyhow::ensure!(options.poison <= options.messages, "more poison than messages");
    anyhow::ensure!(options.workers > 0, "no workers");
    let mut server = Server::start().await?;
    tables::create(&server.pool).await?;
    let started = Instant::now();
    let limit = Duration::from_secs(options.limit_seconds);
    let told = tokio::time::timeout(limit, tell(options, &mut server)).await;
    let Ok(story) = told else {
        anyhow::bail!(
            "not done after {} s: {:?}",
            limit.as_secs(),
            tables::count(&server.pool).await?
        );
    };
    let verdict = Verdict::of(&server.pool, options, story?, started.elapsed()).await?;
    verdict.print();
    Ok(verdict.is_good())
}

/// Sends, kills and crashes until every message is done or dead.
async fn tell(options: &Options, server: &mut Server) -> anyhow::Result<Story> {
    let settings = worker::Settings::new(place(options.backend, server)?);
    let broker = settings.place.broker(&server.pool).await?;
    // With SQS it has a lease that outlives it for half a minute, so it is killed less often than the others.
    let relays = usize::from(options.backend == Backend::Sqs);
    let mut relay = Herd::new(settings.clone().doing(Role::Relay), relays)?;
    let mut sending = JoinSet::new();
    sending.spawn(sender::send(server.pool.clone(), broker.clone(), options.clone()));
    let mut herd = Herd::new(settings, options.workers)?;
    let mut story = Story::default();
    loop {
        tokio::time::sleep(TICK).await;
        if let Some(sent) = sending.try_join_next() {
            story.rolled_back = sent??;
        }
        herd.replace_the_dead()?;
        relay.replace_the_dead()?;
        // Nobody answers while the server comes back.
        let Ok(count) = tables::count(&server.pool).await else {
            continue;
        };
        let done = count.done() as f64 / f64::from(options.messages);
        if is_due(done, story.restarts, options.restarts) {
            story.restarts += 1;
            server.crash_and_restart().await?;
            relay.kill_one(GROWN_UP).await?;
        }
        if is_due(done, story.kills, options.kills) && herd.kill_one(GROWN_UP).await? {
            story.kills += 1;
        }
        let is_told = count.done() >= i64::from(options.messages) && story.kills == options.kills && sending.is_empty();
        if is_told && is_empty(&broker).await {
            break;
        }
    }
    herd.stop().await;
    relay.stop().await;
    Ok(story)
}

/// Where the messages are.
fn place(backend: Backend, server: &Server) -> anyhow::Result<Place> {
    if backend == Backend::Postgres {
        return Ok(server.place.clone());
    }
    let sqs = Sqs::start().context("there is no SQS server: run make/sqs")?;
    let made = sqs.queues(&["create"]);
    anyhow::ensure!(
        made.status.success(),
        "no queues: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    Ok(server.place.with_sqs(&sqs))
}

/// The events are spread evenly over the work.
fn is_due(done: f64, happened: u32, events: u32) -> bool {
    happened < events && done >= f64::from(happened + 1) / f64::from(events + 1)
}

async fn is_empty(broker: &Broker) -> bool {
    let Ok(depths) = broker.depths().await else {
        return false;
    };
    depths
        .iter()
        .all(|(_, depth)| depth.ready + depth.in_flight + depth.delayed == 0)
}
