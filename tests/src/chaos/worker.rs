//! A worker process: the daemon's own loop with a handler that misbehaves.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::sync::oneshot;
use tradepost_queue::worker::{Handler, Policy};
use tradepost_queue::{Message, Outcome, Queue};
use tradepostd::jobs::QUEUES;

use super::sender::Payload;
use super::tables::{self, Run};
use super::{ATTEMPTS, QUEUE, VISIBILITY};
use crate::engine::{Place, Workers};

/// Handlers at once in one process.
const CONCURRENCY: u32 = 8;
const PREFETCH: u32 = 50;
/// Handlers take so long, half of it before their effect, half after.
const WORK_MS: std::ops::Range<u64> = 20..100;
/// Share of the deliveries that are handled twice at once.
const DOUBLED: f64 = 0.1;
/// Share of the deliveries that are released for a while, so that later ones overtake them.
const REORDERED: f64 = 0.1;
/// Share of the first attempts.
const FAILED: f64 = 0.05;
/// The last attempts never fail by chance: only poison dies.
const FAIL_BY_CHANCE_UP_TO: u32 = ATTEMPTS - 3;

/// The settings of a worker process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    pub place: Place,
    pub queue: String,
    pub visibility: Duration,
    pub role: Role,
}

/// The behaviour of a worker process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    Misbehave,
    /// Keeps every message for ever the first time.
    Hang,
    /// Brings to SQS what was sent, and collects what SQS gives up on.
    Relay,
}

impl Settings {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            queue: QUEUE.as_str().to_owned(),
            visibility: VISIBILITY,
            role: Role::Misbehave,
        }
    }

    pub fn doing(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// Works until the standard input ends, which it does when the parent does.
pub async fn run(settings: &str) -> anyhow::Result<()> {
    let settings: Settings = serde_json::from_str(settings).context("reading the settings")?;
    let queue = Queue::parse(&settings.queue, &QUEUES).context("a queue that does not exist")?;
    let db = settings.place.connect(10).await?;
    let broker = settings.place.broker(&db).await?;
    let mut workers = Workers::new(db.clone(), broker);
    let policy = Policy {
        concurrency: CONCURRENCY,
        prefetch: PREFETCH,
        visibility: settings.visibility,
        attempts: ATTEMPTS,
        backoff: Duration::from_millis(200),
        stop_deadline: Duration::from_secs(5),
    };
    match settings.role {
        Role::Misbehave => workers.work(Arc::new(Misbehaving { db }), queue, policy),
        Role::Hang => workers.work(Arc::new(Hanging { db }), queue, policy),
        Role::Relay => workers.relay(),
    }
    end_of_input().await;
    workers.finish().await;
    Ok(())
}

/// The end of the standard input; nothing is ever written to it.
async fn end_of_input() {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        // An error is an end too.
        let _ = std::io::stdin().read(&mut [0]);
        // Nobody waits any more when the process ends anyway.
        let _ = ended.send(());
    });
    let _ = end.await;
}

/// Writes the row of its message, sometimes twice at once, later, or not this time.
struct Misbehaving {
    db: PgPool,
}

impl Handler for Misbehaving {
    async fn until_ready(&self, _: Queue) {}

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        let payload: Payload = serde_json::from_value(message.payload.clone())?;
        if rand::random_bool(REORDERED) {
            self.note(message, "reordered").await?;
            let delay = Duration::from_millis(rand::random_range(0..500));
            return Ok(Outcome::Retry(delay));
        }
        if payload.poison {
            self.note(message, "poison").await?;
            work().await;
            anyhow::bail!("message {} is poison", payload.number);
        }
        if message.attempt <= FAIL_BY_CHANCE_UP_TO && rand::random_bool(FAILED) {
            self.note(message, "failed").await?;
            work().await;
            anyhow::bail!("bad luck with message {}", payload.number);
        }
        if rand::random_bool(DOUBLED) {
            tokio::try_join!(self.effect(message, "plain"), self.effect(message, "twin"))?;
        } else {
            self.effect(message, "plain").await?;
        }
        Ok(Outcome::Done)
    }
}

impl Misbehaving {
    async fn effect(&self, message: &Message, kind: &str) -> anyhow::Result<()> {
        self.note(message, kind).await?;
        work().await;
        tables::apply(&self.db, message.id()).await?;
        work().await;
        Ok(())
    }

    async fn note(&self, message: &Message, kind: &str) -> sqlx::Result<()> {
        tables::note_run(&self.db, run_of(message, kind)).await
    }
}

/// Keeps a message for ever the first time; the second time it is done.
struct Hanging {
    db: PgPool,
}

impl Handler for Hanging {
    async fn until_ready(&self, _: Queue) {}

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        tables::note_run(&self.db, run_of(message, "plain")).await?;
        if tables::runs_of(&self.db, message.id()).await? == 1 {
            std::future::pending::<()>().await;
        }
        Ok(Outcome::Done)
    }
}

fn run_of<'a>(message: &Message, kind: &'a str) -> Run<'a> {
    Run {
        message: message.id(),
        attempt: message.attempt,
        receives: message.receives,
        kind,
    }
}

async fn work() {
    let ms = rand::random_range(WORK_MS) / 2;
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
