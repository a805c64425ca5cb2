//! Our turn: the broker as features use it, the worker loop as the daemon runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::task::JoinSet;
use tradepost_queue::worker::{Handler, Policy};
use tradepost_queue::{Broker, Message, NewMessage, Outcome, Queue};
use tradepostd::jobs::RENDER;

use super::{BATCH, Options, Turn};
use crate::engine::{Place, Workers};
use crate::server::Server;

pub const QUEUE: Queue = RENDER;

pub async fn turn(server: &Server, options: &Options) -> anyhow::Result<Turn> {
    let one_by_one = enqueue(server, options, 1).await?;
    let first = work(server, options).await?;
    let in_batches = enqueue(server, options, BATCH).await?;
    let second = work(server, options).await?;
    sqlx::query("vacuum (analyze) queue_messages")
        .execute(&server.pool)
        .await?;
    Ok(Turn {
        one_by_one,
        in_batches,
        work: (first + second) / 2.0,
    })
}

async fn enqueue(server: &Server, options: &Options, batch: usize) -> anyhow::Result<f64> {
    let db = connect(&server.place, options).await?;
    let broker = server.place.broker(&db).await?;
    let started = Instant::now();
    send(&db, &broker, options, batch).await?;
    let seconds = started.elapsed().as_secs_f64();
    db.close().await;
    Ok(seconds)
}

/// Sends all jobs, so many a transaction.
pub async fn send(db: &PgPool, broker: &Broker, options: &Options, batch: usize) -> anyhow::Result<()> {
    let next = Arc::<AtomicUsize>::default();
    let mut clients = JoinSet::new();
    for _ in 0..options.concurrency {
        clients.spawn(client(db.clone(), broker.clone(), next.clone(), options.jobs, batch));
    }
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    Ok(())
}

async fn client(db: PgPool, broker: Broker, next: Arc<AtomicUsize>, jobs: usize, batch: usize) -> anyhow::Result<()> {
    loop {
        let first = next.fetch_add(batch, Ordering::Relaxed);
        if first >= jobs {
            return Ok(());
        }
        let messages: Vec<_> = (first..jobs.min(first + batch)).map(message).collect();
        let mut tx = db.begin().await?;
        broker.send(&mut tx, &messages).await?;
        tx.commit().await?;
    }
}

fn message(number: usize) -> NewMessage {
    NewMessage::new(QUEUE, &serde_json::json!({"number": number}))
}

/// Works on all jobs there are, until the last one is deleted.
async fn work(server: &Server, options: &Options) -> anyhow::Result<f64> {
    let db = connect(&server.place, options).await?;
    let broker = server.place.broker(&db).await?;
    let empty = Arc::<Empty>::default();
    let started = Instant::now();
    let mut workers = Workers::new(db.clone(), broker);
    workers.work(empty.clone(), QUEUE, policy(options));
    while empty.handled.load(Ordering::Relaxed) < options.jobs || !is_empty(&db).await? {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    workers.finish().await;
    db.close().await;
    Ok(seconds)
}

pub fn policy(options: &Options) -> Policy {
    Policy {
        concurrency: options.concurrency as u32,
        prefetch: options.prefetch,
        visibility: Duration::from_secs(30),
        attempts: 5,
        backoff: Duration::from_secs(2),
        stop_deadline: Duration::from_secs(5),
    }
}

/// Connections are not what is measured.
pub async fn connect(place: &Place, options: &Options) -> anyhow::Result<PgPool> {
    let connections = options.concurrency as u32 + 1;
    let db = place.connect(connections).await?;
    let mut open = JoinSet::new();
    for _ in 0..connections {
        let db = db.clone();
        open.spawn(async move { sqlx::query("select pg_sleep(0.05)").execute(&db).await });
    }
    while let Some(opened) = open.join_next().await {
        opened??;
    }
    Ok(db)
}

async fn is_empty(db: &PgPool) -> sqlx::Result<bool> {
    let any = sqlx::query("select from queue_messages limit 1")
        .fetch_optional(db)
        .await?;
    Ok(any.is_none())
}

/// Does nothing and counts it.
#[derive(Default)]
pub struct Empty {
    pub handled: AtomicUsize,
}

impl Handler for Empty {
    async fn until_ready(&self, _: Queue) {}

    async fn handle(&self, _: &Message) -> anyhow::Result<Outcome> {
        self.handled.fetch_add(1, Ordering::Relaxed);
        Ok(Outcome::Done)
    }
}
