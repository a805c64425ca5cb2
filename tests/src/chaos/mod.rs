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
use tradepost_queue::{Broker, Queue};
use tradepostd::jobs::RENDER;

use crate::engine::Place;
use crate::server::Server;
use crate::sqs::Sqs;
use herd::Herd;
use verdict::{Story, Verdict};
use worker::Role;

/// The queue everything goes through; which one does not matter.
const QUEUE: Queue = RENDER;
/// Attempts before a message becomes a dead letter.
const ATTEMPTS: u32 = 5;
const VISIBILITY: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(25);
/// A worker that was started later than this ago may not work yet: killing it would prove nothing.
const GROWN_UP: Duration = Duration::from_millis(400);

/// The backend that carries the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    Postgres,
    Sqs,
}

/// The amount of chaos.
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
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    anyhow::ensure!(options.poison <= options.messages, "more poison than messages");
    anyhow::ensure!(options.workers > 0, "no workers");
    anyhow::ensure!(options.messages > 0, "no messages");
    let mut server = Server::start().await?;
    tables::create(&server.pool).await?;
    let started = Instant::now();
    let limit = Duration::from_secs(options.limit_seconds);
    let mut story = Story::default();
    match tokio::time::timeout(limit, tell(options, &mut server, &mut story)).await {
        Ok(told) => told?,
        Err(_) => eprintln!("chaos: not done after {} s", limit.as_secs()),
    }
    let verdict = Verdict::count(&server.pool, options, story, started.elapsed()).await?;
    verdict.print();
    Ok(verdict.is_good())
}

/// Sends, kills and crashes until every message is done or dead.
async fn tell(options: &Options, server: &mut Server, story: &mut Story) -> anyhow::Result<()> {
    let settings = worker::Settings::new(place(options.backend, server)?);
    let broker = settings.place.broker(&server.pool).await?;
    // With SQS it has a lease that outlives it for half a minute, so it is killed less often than the others.
    let relays = usize::from(options.backend == Backend::Sqs);
    let mut scene = Scene {
        relay: Herd::new(settings.clone().doing(Role::Relay), relays)?,
        herd: Herd::new(settings, options.workers)?,
        server,
    };
    let mut sending = JoinSet::new();
    let db = scene.server.pool.clone();
    sending.spawn(sender::send(db.clone(), broker.clone(), options.clone()));
    loop {
        tokio::time::sleep(TICK).await;
        if let Some(sent) = sending.try_join_next() {
            story.rolled_back = sent??;
        }
        // Nobody answers while the server comes back.
        let Ok(count) = tables::count(&db).await else { continue };
        let done = count.done() as f64 / f64::from(options.messages);
        scene.disturb(options, story, done).await?;
        let is_told = done >= 1.0 && story.kills == options.kills && sending.is_empty();
        if is_told && is_empty(&broker).await {
            break;
        }
    }
    scene.herd.stop().await;
    scene.relay.stop().await;
    Ok(())
}

/// All that can be killed.
struct Scene<'a> {
    server: &'a mut Server,
    herd: Herd,
    relay: Herd,
}

impl Scene<'_> {
    /// Crashes and kills what is due when so much is done, from 0 to 1.
    async fn disturb(&mut self, options: &Options, story: &mut Story, done: f64) -> anyhow::Result<()> {
        self.herd.replace_the_dead()?;
        self.relay.replace_the_dead()?;
        if is_due(done, story.restarts, options.restarts) {
            story.restarts += 1;
            self.server.crash().await?;
            self.server.restart().await?;
            self.relay.kill_one(GROWN_UP).await?;
        }
        if is_due(done, story.kills, options.kills) && self.herd.kill_one(GROWN_UP).await? {
            story.kills += 1;
        }
        Ok(())
    }
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

/// The backend of the messages: with SQS, queues of a server that ends with this process.
pub fn place(backend: Backend, server: &Server) -> anyhow::Result<Place> {
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
