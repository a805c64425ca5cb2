//! The collector: what SQS gave up on becomes a dead letter of ours. Insert first, then delete: killed in between, it finds
//! the message again, and the dead letter that is there already.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::QueueName;
use super::attempts::{self, Failure};
use super::dead::{New, service as dead};
use super::sqs::{Collected, Sqs, payloads};
use crate::leases;

const LEASE: Duration = Duration::from_secs(60);
const BETWEEN_TRIES: Duration = Duration::from_secs(5);
/// Payloads live for days: there is no hurry.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(3600);

/// Empties the dead queues, and forgets payloads that no message can need, until `stop` is cancelled.
///
/// # Errors
/// Never: a database or an SQS that is away is waited for.
pub async fn run(db: PgPool, sqs: Arc<Sqs>, holder: String, stop: CancellationToken) -> anyhow::Result<()> {
    let queues = QueueName::ALL.map(|queue| empty(&db, &sqs, queue, &holder));
    tokio::select! {
        () = stop.cancelled() => {}
        () = async { tokio::join!(join_all(queues), sweep(&sqs)); } => {}
    }
    Ok(())
}

async fn empty(db: &PgPool, sqs: &Sqs, queue: QueueName, holder: &str) {
    loop {
        match turn(db, sqs, queue, holder).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(BETWEEN_TRIES).await,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(queue = queue.as_str(), error, "could not collect what SQS gave up on");
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
        }
    }
}

/// One long poll. `false`: another process collects.
async fn turn(db: &PgPool, sqs: &Sqs, queue: QueueName, holder: &str) -> anyhow::Result<bool> {
    if leases::hold(db, "collector", holder, LEASE).await?.is_none() {
        return Ok(false);
    }
    let collected = sqs.collect(queue).await?;
    for one in collected.iter().filter(|one| !one.standing.buried) {
        bury(db, one, holder).await?;
    }
    sqs.delete_collected(&collected).await?;
    Ok(true)
}

/// The last attempt is recorded too: another copy of the message is known to be buried by it.
async fn bury(db: &PgPool, collected: &Collected, holder: &str) -> anyhow::Result<()> {
    let message = &collected.message;
    let last = attempts::last_error(db, message.id(), message.redrives).await?;
    // This receive is not one of them.
    let receives = message.receives.saturating_sub(1).max(1);
    let no_word = || format!("SQS gave up on it after {receives} receives; no worker lived to record why");
    let error = message.fault.clone().or(last).unwrap_or_else(no_word);
    let failure = Failure {
        message,
        backend: "sqs",
        worker: holder,
        error: &error,
        started_at: OffsetDateTime::now_utc(),
        took: Duration::ZERO,
    };
    let new = New {
        id: message.id(),
        queue: message.queue().as_str(),
        lane: message.held.lane,
        payload: &message.payload,
        upload_id: message.upload_id,
        attempts: collected.standing.failures,
        redrives: message.redrives,
        receives,
        error: &error,
        enqueued_at: message.enqueued_at,
        backend: "sqs",
    };
    let mut tx = db.begin().await?;
    attempts::record_last(&mut *tx, &failure).await?;
    let inserted = dead::insert(&mut tx, &new).await?;
    tx.commit().await?;
    if inserted {
        let (queue, attempt) = (message.queue().as_str(), collected.standing.failures);
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
        tokio::time::sleep(BETWEEN_SWEEPS).await;
    }
}
