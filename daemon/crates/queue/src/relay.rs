//! The relay: sends the rows of the outbox to SQS. One process does it for all, under a lease.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tradepost_leases as leases;

use crate::broker::Broker;
use crate::notification::{Notifier, OUTBOX};
use crate::outbox::{self, RETRY_AFTER};
use crate::sqs::{SendResult, Sqs};

/// Rows sent in one go.
const CLAIM_ROWS: i64 = 200;
/// Another process relays within ten seconds of the end of this one.
const LEASE: Duration = Duration::from_secs(8);
/// The time after the stop in which a turn may finish.
const STOP_DEADLINE: Duration = Duration::from_secs(5);
/// The poll interval of an empty outbox, should a notification be lost.
const IDLE_POLL: Duration = Duration::from_secs(2);

/// Relays what comes into the outbox until `stop` is cancelled.
pub async fn run(
    broker: Broker,
    sqs: Arc<Sqs>,
    notifier: Arc<Notifier>,
    holder: String,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // A turn that does not finish in time leaves a claim that expires.
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_DEADLINE).await;
    };
    tokio::pin!(deadline);
    while !stop.is_cancelled() {
        let filled = notifier.notified(OUTBOX);
        let turned = tokio::select! {
            () = &mut deadline => break,
            turned = turn(&broker, &sqs, &holder) => turned,
        };
        let wait = match turned {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "could not relay the outbox");
                Some(RETRY_AFTER)
            }
        };
        let Some(wait) = wait else { continue };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            () = filled, if wait <= IDLE_POLL => {}
        }
    }
    Ok(())
}

/// Returns the time to wait; `None`: there may be more.
async fn turn(broker: &Broker, sqs: &Sqs, holder: &str) -> anyhow::Result<Option<Duration>> {
    if leases::lead(broker.db(), "outbox", holder, LEASE).await?.is_none() {
        return Ok(Some(RETRY_AFTER));
    }
    let claim = outbox::claim(broker.db(), broker.queues(), CLAIM_ROWS).await?;
    if claim.rows.is_empty() {
        return Ok(Some(IDLE_POLL));
    }
    let results = sqs.send(&claim.messages()).await;
    let any_sent = results.contains(&SendResult::Sent);
    outbox::settle(broker.db(), broker.redrive_log(), claim, results).await?;
    Ok(if any_sent { None } else { Some(IDLE_POLL) })
}
