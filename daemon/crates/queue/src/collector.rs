//! The collector: moves messages from the dead-letter queues of SQS to PostgreSQL, under a lease.
//!
//! It inserts first and deletes then: after a crash in between it receives the message again and finds the dead letter there.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tradepost_common::queues::{AttemptOutcome, Backend};
use tradepost_leases as leases;

use crate::attempts::{self, Failure};
use crate::broker::Broker;
use crate::dead_letters::{self, NewDeadLetter};
use crate::message::Queue;
use crate::sqs::{Collected, Sqs, payloads};

const LEASE: Duration = Duration::from_secs(60);
const RETRY_AFTER: Duration = Duration::from_secs(5);
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// Empties the dead-letter queues and deletes payloads that no message can need, until `stop` is cancelled.
pub async fn run(broker: Broker, sqs: Arc<Sqs>, holder: String, stop: CancellationToken) -> anyhow::Result<()> {
    let queues = broker
        .queues()
        .iter()
        .map(|queue| empty(&broker, &sqs, *queue, &holder));
    tokio::select! {
        () = stop.cancelled() => {}
        () = async { tokio::join!(join_all(queues), sweep(&sqs)); } => {}
    }
    Ok(())
}

async fn empty(broker: &Broker, sqs: &Sqs, queue: Queue, holder: &str) {
    loop {
        match turn(broker, sqs, queue, holder).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(RETRY_AFTER).await,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(queue = queue.as_str(), error, "could not empty the dead-letter queue");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// One long poll. `false`: another process collects.
async fn turn(broker: &Broker, sqs: &Sqs, queue: Queue, holder: &str) -> anyhow::Result<bool> {
    if leases::lead(broker.db(), "collector", holder, LEASE).await?.is_none() {
        return Ok(false);
    }
    let collected = sqs.collect(queue).await?;
    for one in collected.iter().filter(|one| !one.failures.is_dead_lettered) {
        dead_letter(broker, one, holder).await?;
    }
    sqs.delete_collected(&collected).await?;
    Ok(true)
}

/// Records a last attempt too: by that, another copy of the message is known to be a dead letter.
async fn dead_letter(broker: &Broker, collected: &Collected, holder: &str) -> anyhow::Result<()> {
    let (message, attempt) = (&collected.message, collected.failures.failures);
    let last = attempts::last_error(broker.db(), message.id(), message.redrives).await?;
    // The collector's own receive is not one of them.
    let receives = message.receives.saturating_sub(1).max(1);
    let no_error = || format!("SQS dead-lettered it after {receives} receives; no worker lived to record an error");
    let error = message.fault.clone().or(last).unwrap_or_else(no_error);
    let failure = Failure {
        message,
        worker: holder,
        error: &error,
        started_at: OffsetDateTime::now_utc(),
        took: Duration::ZERO,
    };
    let new = NewDeadLetter {
        attempts: attempt,
        receives,
        ..NewDeadLetter::new(message, Backend::Sqs, &error)
    };
    let mut tx = broker.db().begin().await?;
    attempts::record(&mut *tx, &failure, AttemptOutcome::Dead).await?;
    let inserted = dead_letters::insert(&mut tx, broker.redrive_log(), &new).await?;
    tx.commit().await?;
    if inserted {
        let queue = message.queue().as_str();
        tracing::error!(queue, message.id = %message.id(), attempt, error, "message became a dead letter");
    }
    Ok(())
}

async fn sweep(sqs: &Sqs) {
    loop {
        match payloads::sweep(sqs.store()).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "deleted payloads that no message needs any more"),
            Err(error) => tracing::warn!(%error, "could not delete old payloads"),
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}
