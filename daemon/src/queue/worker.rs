//! The one loop that works on every queue: take a permit, receive, run the handler, commit, delete.
//!
//! Heartbeats extend what is in hand; a message whose receipt is lost is abandoned at once, because somebody else has it now.
//! Stopping has two phases: nothing more is received, running handlers may finish until the deadline, the rest is given back.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradepost_common::ids::MessageId;
use tradepost_common::latency::Scope;
use uuid::Uuid;

use super::attempts::{self, Failure};
use super::{Message, Needs, Outcome, QueueName, backoff, postgres};
use crate::app::App;
use crate::jobs;
use crate::telemetry::latency;

/// A queue without work is looked at this often even if nothing woke its worker.
const IDLE_POLL: Duration = Duration::from_secs(5);
/// A worker that is killed is not the fault of what it had in hand: so many are forgiven beyond the attempts.
const LOST_WORKERS: u32 = 5;
/// One receive takes at most so many messages, as SQS does.
const BATCH: usize = 10;

/// How a worker treats its queue.
#[derive(Debug, Clone)]
pub struct Policy {
    pub concurrency: u32,
    pub visibility: Duration,
    pub attempts: u32,
    pub backoff: Duration,
    /// How long running handlers may go on after the stop.
    pub stop_deadline: Duration,
}

/// The messages in hand: receipt, and what abandons the handler.
type InHand = Arc<Mutex<HashMap<MessageId, (Uuid, CancellationToken)>>>;

/// Works on one queue until `stop` is cancelled.
///
/// # Errors
/// Never: a database that is away is waited for.
pub async fn run(app: Arc<App>, queue: QueueName, policy: Policy, stop: CancellationToken) -> anyhow::Result<()> {
    let permits = Arc::new(Semaphore::new(policy.concurrency as usize));
    let in_hand = InHand::default();
    let mut handlers = JoinSet::new();
    let mut heartbeat = std::pin::pin!(heartbeat(app.db.clone(), in_hand.clone(), policy.visibility));
    let receive = async {
        loop {
            while handlers.try_join_next().is_some() {}
            let permit = permits
                .clone()
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            until_workable(&app, queue).await;
            for (message, permit) in receive(&app, queue, &policy, &permits, permit).await {
                let token = CancellationToken::new();
                lock(&in_hand).insert(message.id, (message.receipt, token.clone()));
                handlers.spawn(handle(
                    app.clone(),
                    message,
                    policy.clone(),
                    token,
                    in_hand.clone(),
                    permit,
                ));
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = receive => {}
        () = &mut heartbeat => {}
    }
    tokio::select! {
        () = finish(&app, handlers, &in_hand, &policy) => {}
        () = heartbeat => {}
    }
    Ok(())
}

/// Waits while the queue is paused or what it needs is away.
async fn until_workable(app: &App, queue: QueueName) {
    loop {
        let woken = app.wake.notified(queue);
        let mut scanner = app.scanner.clone();
        let scanner_away = queue.needs() == Needs::Scanner && scanner.borrow_and_update().scanner().is_none();
        match postgres::paused_by(&app.db, queue).await {
            Ok(None) if !scanner_away => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(queue = queue.as_str(), %error, "can not read the queue's settings"),
        }
        tokio::select! {
            () = woken => {}
            _ = scanner.changed() => {}
            () = tokio::time::sleep(IDLE_POLL) => {}
        }
    }
}

/// Receives as many messages as there are free permits, or waits for the next one.
async fn receive(
    app: &App,
    queue: QueueName,
    policy: &Policy,
    permits: &Arc<Semaphore>,
    first: OwnedSemaphorePermit,
) -> Vec<(Message, OwnedSemaphorePermit)> {
    let woken = app.wake.notified(queue);
    let mut taken = vec![first];
    while taken.len() < BATCH
        && let Ok(permit) = permits.clone().try_acquire_owned()
    {
        taken.push(permit);
    }
    match postgres::receive(&app.db, queue, taken.len() as u32, policy.visibility).await {
        Ok(messages) if !messages.is_empty() => messages.into_iter().zip(taken).collect(),
        Ok(_) => {
            drop(taken);
            let wait = postgres::next_visible_in(&app.db, queue)
                .await
                .ok()
                .flatten()
                .unwrap_or(IDLE_POLL);
            let _ = tokio::time::timeout(wait.clamp(Duration::from_millis(20), IDLE_POLL), woken).await;
            Vec::new()
        }
        Err(error) => {
            drop(taken);
            tracing::warn!(queue = queue.as_str(), %error, "can not receive messages");
            tokio::time::sleep(Duration::from_secs(1)).await;
            Vec::new()
        }
    }
}

/// Runs the handler of one message and settles the message.
async fn handle(
    app: Arc<App>,
    message: Message,
    policy: Policy,
    abandoned: CancellationToken,
    in_hand: InHand,
    permit: OwnedSemaphorePermit,
) {
    let queue = message.queue;
    app.stats.started(queue);
    app.latency
        .record(Scope::QueueWait, queue.as_str(), message.waited, latency::Outcome::Ok);
    let (started_at, clock) = (OffsetDateTime::now_utc(), Instant::now());
    let result = tokio::select! {
        result = attempt(&app, &message, &policy) => Some(result),
        () = abandoned.cancelled() => None,
    };
    let outcome = if matches!(result, Some(Err(_))) {
        latency::Outcome::Error
    } else {
        latency::Outcome::Ok
    };
    app.latency
        .record(Scope::Stage, queue.as_str(), clock.elapsed(), outcome);
    let settled = match result {
        Some(result) => settle(&app, &message, &policy, result, started_at, clock.elapsed()).await,
        None => {
            app.stats.returned(queue);
            Ok(())
        }
    };
    lock(&in_hand).remove(&message.id);
    if let Err(error) = settled {
        // Its visibility timeout brings the message back.
        tracing::warn!(queue = queue.as_str(), message.id = %message.id, %error, "could not settle a message");
    }
    drop(permit);
}

/// A message that was received much oftener than it has failed has taken its workers down: it is not tried again.
async fn attempt(app: &Arc<App>, message: &Message, policy: &Policy) -> anyhow::Result<Outcome> {
    let most = policy.attempts + LOST_WORKERS;
    anyhow::ensure!(message.attempt <= most, "{LOST_WORKERS} workers were lost with it");
    match AssertUnwindSafe(jobs::handle(app, message)).catch_unwind().await {
        Ok(result) => result,
        // The hook has logged where.
        Err(_) => Err(anyhow::anyhow!("the handler panicked")),
    }
}

async fn settle(
    app: &App,
    message: &Message,
    policy: &Policy,
    result: anyhow::Result<Outcome>,
    started_at: OffsetDateTime,
    took: Duration,
) -> sqlx::Result<()> {
    match result {
        Ok(Outcome::Done) => {
            app.stats.done(message.queue);
            postgres::delete(&app.db, message.id, message.receipt).await?;
        }
        Ok(Outcome::Discard(reason)) => {
            app.stats.done(message.queue);
            tracing::info!(queue = message.queue.as_str(), message.id = %message.id, "discarded a message: {reason}");
            postgres::delete(&app.db, message.id, message.receipt).await?;
        }
        Ok(Outcome::Retry(after)) => {
            app.stats.returned(message.queue);
            postgres::give_back(&app.db, message.id, message.receipt, after).await?;
        }
        Err(error) => {
            app.stats.failed(message.queue);
            fail(app, message, policy, &error, started_at, took).await?;
        }
    }
    Ok(())
}

/// Records a failed attempt; the message is tried again later, or becomes a dead letter.
async fn fail(
    app: &App,
    message: &Message,
    policy: &Policy,
    error: &anyhow::Error,
    started_at: OffsetDateTime,
    took: Duration,
) -> sqlx::Result<()> {
    let text = format!("{error:#}");
    let subject = message.payload.get("path").and_then(serde_json::Value::as_str);
    let failure = Failure {
        message,
        worker: &app.worker,
        error: &text,
        subject,
        started_at,
        took,
    };
    let (queue, attempt) = (message.queue.as_str(), message.attempt);
    if message.attempt >= policy.attempts {
        if attempts::bury(&app.db, &failure).await? {
            tracing::error!(queue, message.id = %message.id, attempt, error = text, "message became a dead letter");
            app.changed.uploads();
        }
        return Ok(());
    }
    tracing::warn!(queue, message.id = %message.id, attempt, error = text, "attempt failed");
    attempts::record_retry(&app.db, &failure).await?;
    postgres::release(&app.db, message.id, message.receipt, backoff(policy.backoff, attempt)).await?;
    Ok(())
}

/// Extends all messages in hand three times in each visibility timeout; abandons those whose receipt is lost.
async fn heartbeat(db: PgPool, in_hand: InHand, visibility: Duration) {
    loop {
        tokio::time::sleep(visibility / 3).await;
        let held: Vec<_> = lock(&in_hand)
            .iter()
            .map(|(id, (receipt, _))| (*id, *receipt))
            .collect();
        if held.is_empty() {
            continue;
        }
        match postgres::extend(&db, &held, visibility).await {
            Ok(kept) => abandon(&in_hand, &held, &kept),
            Err(error) => tracing::warn!(%error, "could not extend messages in hand"),
        }
    }
}

fn abandon(in_hand: &InHand, held: &[(MessageId, Uuid)], kept: &[MessageId]) {
    for (id, receipt) in held.iter().filter(|(id, _)| !kept.contains(id)) {
        // It may have been settled, and even received again, since the list was made.
        if let Some((now, token)) = lock(in_hand).get(id)
            && now == receipt
        {
            tracing::warn!(message.id = %id, "abandoned a message: its receipt was lost");
            token.cancel();
        }
    }
}

/// Lets running handlers finish, then gives back what is left.
async fn finish(app: &App, mut handlers: JoinSet<()>, in_hand: &InHand, policy: &Policy) {
    let drain = async { while handlers.join_next().await.is_some() {} };
    if tokio::time::timeout(policy.stop_deadline, drain).await.is_ok() {
        return;
    }
    handlers.shutdown().await;
    let left: Vec<_> = lock(in_hand).drain().collect();
    for (id, (receipt, _)) in left {
        if let Err(error) = postgres::give_back(&app.db, id, receipt, Duration::ZERO).await {
            tracing::warn!(message.id = %id, %error, "could not give a message back");
        }
    }
}

fn lock(in_hand: &InHand) -> std::sync::MutexGuard<'_, HashMap<MessageId, (Uuid, CancellationToken)>> {
    in_hand.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
