//! On SQS, against the local server: the whole way of a message at once, outbox and relay included.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::ours::{self, Empty, QUEUE};
use super::{BATCH, Options, middle};
use crate::chaos::{self, Backend};
use crate::engine::{Place, Workers};
use crate::server::Server;

pub async fn measure(options: &Options) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let place = chaos::place(Backend::Sqs, &server)?;
    let mut rates = Vec::new();
    for _ in 0..options.rounds {
        rates.push(options.jobs as f64 / turn(&place, options).await?);
    }
    println!(
        "\nSQS against the local server, {} empty messages a round, {BATCH} a transaction: sent, relayed, worked on and deleted, median of {} rounds: {:.0} messages a second",
        options.jobs,
        options.rounds,
        middle(rates)
    );
    Ok(())
}

/// Sends and works at once. The last deletes may still be on their way: SQS tells roughly what it holds, so they are not waited for.
async fn turn(place: &Place, options: &Options) -> anyhow::Result<f64> {
    let db = ours::connect(place, options).await?;
    let broker = place.broker(&db).await?;
    let empty = Arc::<Empty>::default();
    let mut workers = Workers::new(db.clone(), broker.clone());
    workers.relay();
    workers.work(empty.clone(), QUEUE, ours::policy(options));
    let started = Instant::now();
    ours::send(&db, &broker, options, BATCH).await?;
    while empty.handled.load(Ordering::Relaxed) < options.jobs {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Ends when the deletes are done.
    workers.finish().await;
    let seconds = started.elapsed().as_secs_f64();
    db.close().await;
    Ok(seconds)
}
