//! Interactive messages while very many bulk ones lie ready: the time from sending one to the start of its handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tradepost_queue::worker::Handler;
use tradepost_queue::{Broker, Lane, Message, NewMessage, Outcome, Queue};

use super::Options;
use super::ours::{self, QUEUE};
use crate::engine::Workers;
use crate::server::Server;

/// Interactive messages of one measurement, and the time between two.
const SAMPLES: usize = 300;
const PAUSE: Duration = Duration::from_millis(25);

/// Measures beside bulk messages that take no time, and such that take some. Prints a table.
pub async fn measure(options: &Options) -> anyhow::Result<()> {
    let server = Server::start().await?;
    println!(
        "\nFrom sending an interactive message to the start of its handler, {} bulk messages ready, {} handlers, prefetch {}, {SAMPLES} messages:\n",
        options.ready, options.concurrency, options.prefetch
    );
    println!("| a bulk message takes | p50 ms | p95 ms | max ms | bulk messages handled a second | left at the end |");
    println!("|---|---|---|---|---|---|");
    for takes in [Duration::ZERO, Duration::from_millis(5), Duration::from_millis(50)] {
        fill(&server.pool, options.ready).await?;
        let (waits, rate) = beside(&server, options, takes).await?;
        let at = |part: usize| waits[(waits.len() * part / 100).min(waits.len() - 1)].as_secs_f64() * 1e3;
        println!(
            "| {} ms | {:.1} | {:.1} | {:.1} | {rate:.0} | {} |",
            takes.as_millis(),
            at(50),
            at(95),
            at(100),
            ready(&server.pool).await?
        );
    }
    Ok(())
}

/// Sorted waits, and the bulk messages that were handled in a second meanwhile.
async fn beside(server: &Server, options: &Options, takes: Duration) -> anyhow::Result<(Vec<Duration>, f64)> {
    let db = ours::connect(&server.place, options).await?;
    let broker = server.place.broker(&db).await?;
    let (begun, mut begins) = mpsc::unbounded_channel();
    let watching = Arc::new(Watching {
        takes,
        begun,
        bulk: AtomicUsize::new(0),
    });
    let mut workers = Workers::new(db.clone(), broker.clone());
    let started = Instant::now();
    workers.work(watching.clone(), QUEUE, ours::policy(options));
    let mut waits = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        tokio::time::sleep(PAUSE).await;
        let sent = Instant::now();
        send(&db, &broker).await?;
        let begin: Instant = begins.recv().await.context("the worker has ended")?;
        waits.push(begin.duration_since(sent));
    }
    let rate = watching.bulk.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    workers.finish().await;
    db.close().await;
    waits.sort();
    Ok((waits, rate))
}

async fn send(db: &PgPool, broker: &Broker) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    let message = NewMessage::new(QUEUE, &serde_json::json!({"number": 0}));
    broker.send(&mut tx, &[message]).await?;
    Ok(tx.commit().await?)
}

/// Adds bulk messages until so many are ready.
async fn fill(db: &PgPool, to: usize) -> anyhow::Result<()> {
    sqlx::query(
        "insert into queue_messages (id, queue, lane, payload)
        select gen_random_uuid(), $1, 1, jsonb_build_object('number', number)
        from generate_series(1, $2 - (select count(*) from queue_messages)) as number",
    )
    .bind(QUEUE.as_str())
    .bind(i64::try_from(to)?)
    .execute(db)
    .await?;
    sqlx::query("vacuum (analyze) queue_messages").execute(db).await?;
    Ok(())
}

async fn ready(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from queue_messages")
        .fetch_one(db)
        .await
}

/// Takes its time for a bulk message, and tells when an interactive one starts.
struct Watching {
    takes: Duration,
    begun: mpsc::UnboundedSender<Instant>,
    bulk: AtomicUsize,
}

impl Handler for Watching {
    async fn until_ready(&self, _: Queue) {}

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        match message.lane() {
            Lane::Interactive => self.begun.send(Instant::now())?,
            Lane::Bulk => {
                if !self.takes.is_zero() {
                    tokio::time::sleep(self.takes).await;
                }
                self.bulk.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(Outcome::Done)
    }
}
