//! The time from the SIGKILL of a worker with a message in flight to the next start of its handler, in whichever process.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use sqlx::PgPool;
use tradepost_common::ids::MessageId;
use tradepost_queue::{NewMessage, Queue};
use tradepostd::jobs::QUEUES;

use super::herd::Herd;
use super::tables;
use super::worker::{Role, Settings};
use crate::server::Server;

const GOAL: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures for each visibility timeout and prints a table. `false`: one took longer than its timeout and five seconds.
pub async fn measure(seconds: &[u32], kills: usize) -> anyhow::Result<bool> {
    anyhow::ensure!(kills > 0, "no kills");
    anyhow::ensure!(!seconds.contains(&0), "a visibility timeout of nothing");
    let server = Server::start().await?;
    tables::create(&server.pool).await?;
    println!("| visibility | kills | min | median | max | goal |\n|---|---|---|---|---|---|");
    let mut good = true;
    for seconds in seconds {
        let visibility = Duration::from_secs((*seconds).into());
        // Each queue is a measurement of its own, so that they can run at once.
        let share = kills.div_ceil(QUEUES.len());
        let times = try_join_all(QUEUES.map(|queue| orphan(&server, queue, visibility, share))).await?;
        let mut times = times.concat();
        times.sort();
        let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
        println!(
            "| {seconds} s | {} | {:.2} s | {:.2} s | {:.2} s | {} s |",
            times.len(),
            min.as_secs_f64(),
            median.as_secs_f64(),
            max.as_secs_f64(),
            (visibility + GOAL).as_secs()
        );
        good &= max <= visibility + GOAL;
    }
    Ok(good)
}

async fn orphan(server: &Server, queue: Queue, visibility: Duration, kills: usize) -> anyhow::Result<Vec<Duration>> {
    let settings = Settings {
        queue: queue.as_str().to_owned(),
        visibility,
        role: Role::Hang,
        ..Settings::new(server.place.clone())
    };
    let broker = settings.place.broker(&server.pool).await?;
    let mut herd = Herd::new(settings, 2)?;
    let mut times = Vec::new();
    for _ in 0..kills {
        let message = NewMessage::new(queue, &());
        let mut tx = server.pool.begin().await?;
        broker.send(&mut tx, std::slice::from_ref(&message)).await?;
        tx.commit().await?;
        let victim = worker_of(&server.pool, message.id, 1).await?;
        // Somewhere between two heartbeats.
        tokio::time::sleep(visibility.mul_f64(rand::random_range(0.0..1.0))).await;
        let killed = herd.kill(victim).await?;
        worker_of(&server.pool, message.id, 2).await?;
        times.push(killed.elapsed());
    }
    herd.stop().await;
    Ok(times)
}

/// Waits for the `n`-th start of the message's handler. Answers with the process.
async fn worker_of(db: &PgPool, message: MessageId, n: i64) -> anyhow::Result<u32> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let statement = "select worker from chaos_runs where message_id = $1 order by id offset $2 limit 1";
        let worker: Option<i32> = sqlx::query_scalar(statement)
            .bind(message.0)
            .bind(n - 1)
            .fetch_optional(db)
            .await?;
        match worker {
            Some(worker) => return Ok(worker.cast_unsigned()),
            None => tokio::time::sleep(TICK).await,
        }
    }
    anyhow::bail!("a message was not started a {n}. time within {} s", PATIENCE.as_secs())
}
