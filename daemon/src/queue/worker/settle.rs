//! What becomes of a message: its handler runs, and it is deleted, given back, tried again later, or buried.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tradepost_common::latency::Scope;

use super::{Arrival, DELETED_AT_ONCE, Engine, LOST_WORKERS, Settled, Work, Worker};
use crate::queue::attempts::{self, Failure};
use crate::queue::in_hand::Grip;
use crate::queue::{Message, Outcome, QueueName, backoff, dead};
use crate::telemetry::latency;

impl<W: Work> Worker<W> {
    /// Runs the handler of one message and settles the message.
    pub(super) async fn handle(self: Arc<Self>, arrival: Arrival) {
        let Arrival { message, grip, slot } = arrival;
        let (engine, name) = (&self.engine, self.queue.as_str());
        engine.stats.started(self.queue);
        let waited = message.waited;
        engine
            .latency
            .record(Scope::QueueWait, name, waited, latency::Outcome::Ok);
        let (started_at, clock) = (OffsetDateTime::now_utc(), Instant::now());
        let result = tokio::select! {
            result = self.attempt(&message) => Some(result),
            () = grip.lost() => None,
        };
        let outcome = if matches!(result, Some(Err(_))) {
            latency::Outcome::Error
        } else {
            latency::Outcome::Ok
        };
        engine.latency.record(Scope::Stage, name, clock.elapsed(), outcome);
        match result {
            None => engine.stats.returned(self.queue),
            Some(Ok(Outcome::Done)) => self.done(message, grip).await,
            Some(Ok(Outcome::Discard(reason))) => {
                tracing::info!(queue = name, message.id = %message.id(), "discarded a message: {reason}");
                self.done(message, grip).await;
            }
            Some(Ok(Outcome::Retry(after))) => {
                engine.stats.returned(self.queue);
                self.give_back(&message, after).await;
            }
            Some(Err(error)) => {
                engine.stats.failed(self.queue);
                self.fail(&message, &error, started_at, clock.elapsed()).await;
            }
        }
        drop(slot);
    }

    /// A message that was received much oftener than it has failed has taken its workers down: it is not tried again.
    async fn attempt(&self, message: &Message) -> anyhow::Result<Outcome> {
        if message.buried {
            return Ok(Outcome::Discard("a copy of a dead letter".to_owned()));
        }
        if let Some(fault) = &message.fault {
            anyhow::bail!("{fault}");
        }
        if lost_workers(message) > LOST_WORKERS {
            anyhow::bail!("{} workers were lost with it", lost_workers(message));
        }
        match AssertUnwindSafe(self.work.handle(message)).catch_unwind().await {
            Ok(result) => result,
            // The hook has logged where.
            Err(_) => Err(anyhow::anyhow!("the handler panicked")),
        }
    }

    async fn done(&self, message: Message, grip: Grip) {
        self.engine.stats.done(self.queue);
        let settled = Settled { message, grip };
        self.done
            .send(settled)
            .await
            .expect("the deleting task outlives the handlers");
    }

    pub(super) async fn give_back(&self, message: &Message, after: Duration) {
        if let Err(error) = self.engine.broker.give_back(message, after).await {
            let error = format!("{error:#}");
            tracing::warn!(queue = self.queue.as_str(), message.id = %message.id(), error, "could not give a message back");
        }
    }

    /// Records a failed attempt; the message is tried again later, or becomes a dead letter.
    async fn fail(&self, message: &Message, error: &anyhow::Error, started_at: OffsetDateTime, took: Duration) {
        let text = format!("{error:#}");
        let failure = Failure {
            message,
            backend: self.engine.broker.name(),
            worker: &self.engine.worker,
            error: &text,
            started_at,
            took,
        };
        let (queue, attempt) = (self.queue.as_str(), message.attempt);
        let last = attempt >= self.policy.attempts || lost_workers(message) > LOST_WORKERS;
        let settled = if last {
            self.bury(&failure).await
        } else {
            tracing::warn!(queue, message.id = %message.id(), attempt, error = text, "attempt failed");
            self.retry(&failure).await
        };
        if let Err(error) = settled {
            // Its visibility timeout brings the message back.
            let error = format!("{error:#}");
            tracing::warn!(queue, message.id = %message.id(), error, "could not settle a message");
        }
    }

    /// Record and release are one: killed in between, the attempt would be recorded again under the same number.
    async fn retry(&self, failure: &Failure<'_>) -> anyhow::Result<()> {
        let (held, broker) = (&failure.message.held, &self.engine.broker);
        let after = backoff(self.policy.backoff, failure.message.attempt);
        let mut tx = self.engine.db.begin().await?;
        if !broker.release_in(&mut tx, held, after).await? {
            // Somebody else has it now, and records how that goes.
            return Ok(());
        }
        attempts::record_retry(&mut *tx, failure).await?;
        tx.commit().await?;
        broker.release_after_commit(held, after).await
    }

    async fn bury(&self, failure: &Failure<'_>) -> anyhow::Result<()> {
        let message = failure.message;
        if dead::bury(&self.engine.db, &self.engine.broker, failure).await? {
            let (queue, attempt, error) = (self.queue.as_str(), message.attempt, failure.error);
            tracing::error!(queue, message.id = %message.id(), attempt, error, "message became a dead letter");
            self.work.buried(message);
        }
        Ok(())
    }
}

/// Deletes what is done, many at once, until nobody can send any more.
pub(super) async fn delete_settled(engine: Arc<Engine>, queue: QueueName, mut settled: mpsc::Receiver<Settled>) {
    let mut batch = Vec::with_capacity(DELETED_AT_ONCE);
    while settled.recv_many(&mut batch, DELETED_AT_ONCE).await > 0 {
        let redriven: Vec<_> = batch
            .iter()
            .filter(|s| s.message.redrives > 0)
            .map(|s| s.message.id())
            .collect();
        let held: Vec<_> = batch.iter().map(|settled| settled.message.held.clone()).collect();
        let deleted = async {
            if !redriven.is_empty() {
                dead::mark_succeeded(&engine.db, &redriven).await?;
            }
            engine.broker.delete(&held).await
        };
        if let Err(error) = deleted.await {
            // They come back after their visibility timeout, and their handlers find that all is done.
            let (messages, error) = (held.len(), format!("{error:#}"));
            tracing::warn!(queue = queue.as_str(), messages, error, "could not delete messages");
        }
        batch.iter().for_each(|settled| settled.grip.let_go());
        batch.clear();
    }
}

/// Deliveries after which neither a failure was recorded nor the message deleted.
fn lost_workers(message: &Message) -> u32 {
    message.receives.saturating_sub(message.attempt)
}
