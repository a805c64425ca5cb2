//! Settling: a handler runs, then its message is deleted, released, tried again later, or dead-lettered.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::in_flight::HeartbeatGuard;
use super::{Arrival, DoneMessage, Ending, Handler, MAX_DELETES, Worker};
use crate::attempts::{Failure, MAX_LOST_WORKERS};
use crate::broker::Broker;
use crate::message::{Message, Outcome, Queue, backoff};

impl<H: Handler> Worker<H> {
    /// Runs the handler of one message and settles the message.
    pub(super) async fn handle(self: Arc<Self>, arrival: Arrival) {
        let Arrival { message, guard, permit } = arrival;
        let (stats, name) = (self.context.broker.stats(), self.queue.as_str());
        stats.started(self.queue);
        self.handler.on_start(&message);
        let running = self.context.running.start(&message, &self.context.worker);
        let (started_at, clock) = (OffsetDateTime::now_utc(), Instant::now());
        let result = tokio::select! {
            biased;
            // It may have been lost before it was started.
            () = guard.lost() => None,
            result = self.attempt(&message) => Some(result),
        };
        let ending = match result {
            Some(Err(_)) => Ending::Failed,
            Some(Ok(Outcome::Done | Outcome::Discard(_))) => Ending::Done,
            Some(Ok(Outcome::Retry(_))) | None => Ending::Released,
        };
        self.handler.on_end(&message, clock.elapsed(), ending);
        drop(running);
        match result {
            None => stats.released(self.queue),
            Some(Ok(Outcome::Done)) => self.done(message, guard).await,
            Some(Ok(Outcome::Discard(reason))) => {
                tracing::info!(queue = name, message.id = %message.id(), "discarded a message: {reason}");
                self.done(message, guard).await;
            }
            Some(Ok(Outcome::Retry(after))) => {
                stats.released(self.queue);
                self.release(&message, after).await;
            }
            Some(Err(error)) => {
                stats.failed(self.queue);
                self.fail(&message, &error, started_at, clock.elapsed()).await;
            }
        }
        self.pace.record(clock.elapsed());
        drop(permit);
    }

    /// Runs the handler, but not for copies of dead letters, for lost payloads and for poison messages.
    async fn attempt(&self, message: &Message) -> anyhow::Result<Outcome> {
        if message.is_dead_lettered {
            return Ok(Outcome::Discard("a copy of a dead letter".to_owned()));
        }
        if let Some(fault) = &message.fault {
            anyhow::bail!("{fault}");
        }
        if is_poison(message) {
            anyhow::bail!("{} workers were lost with it", lost_workers(message));
        }
        match AssertUnwindSafe(self.handler.handle(message)).catch_unwind().await {
            Ok(result) => result,
            // The hook has logged the place.
            Err(_) => Err(anyhow::anyhow!("the handler panicked")),
        }
    }

    async fn done(&self, message: Message, guard: HeartbeatGuard) {
        self.context.broker.stats().done(self.queue);
        let done = DoneMessage { message, guard };
        self.done
            .send(done)
            .await
            .expect("the deleting task outlives the handlers");
    }

    pub(super) async fn release(&self, message: &Message, after: Duration) {
        if let Err(error) = self.context.broker.release(message, after).await {
            let error = format!("{error:#}");
            tracing::warn!(queue = self.queue.as_str(), message.id = %message.id(), error, "could not release a message");
        }
    }

    /// Records a failed attempt; the message is tried again later, or becomes a dead letter.
    async fn fail(&self, message: &Message, error: &anyhow::Error, started_at: OffsetDateTime, took: Duration) {
        let text = format!("{error:#}");
        let failure = Failure {
            message,
            worker: &self.context.worker,
            error: &text,
            started_at,
            took,
        };
        let (queue, attempt) = (self.queue.as_str(), message.attempt);
        let settled = if attempt >= self.policy.attempts || is_poison(message) {
            self.dead_letter(&failure).await
        } else {
            tracing::warn!(queue, message.id = %message.id(), attempt, error = text, "attempt failed");
            let delay = backoff(self.policy.backoff, attempt);
            // A lost receipt handle: another worker has the message and records its own attempt.
            self.context.broker.retry(&failure, delay).await.map(drop)
        };
        if let Err(error) = settled {
            // Its visibility timeout brings the message back.
            let error = format!("{error:#}");
            tracing::warn!(queue, message.id = %message.id(), error, "could not settle a message");
        }
    }

    async fn dead_letter(&self, failure: &Failure<'_>) -> anyhow::Result<()> {
        let message = failure.message;
        if self.context.broker.dead_letter(failure).await? {
            let (queue, attempt, error) = (self.queue.as_str(), message.attempt, failure.error);
            tracing::error!(queue, message.id = %message.id(), attempt, error, "message became a dead letter");
            self.handler.on_dead_letter(message);
        }
        Ok(())
    }
}

/// Deletes messages that are done, many at once, until nobody can send any more.
pub(super) async fn delete_done(broker: Broker, queue: Queue, mut done: mpsc::Receiver<DoneMessage>) {
    let mut batch = Vec::with_capacity(MAX_DELETES);
    while done.recv_many(&mut batch, MAX_DELETES).await > 0 {
        let messages: Vec<_> = batch.iter().map(|done| &done.message).collect();
        if let Err(error) = broker.delete_done(&messages).await {
            // They come back after their visibility timeout, and their handlers find the work done.
            let (messages, error) = (batch.len(), format!("{error:#}"));
            tracing::warn!(queue = queue.as_str(), messages, error, "could not delete messages");
        }
        batch.iter().for_each(|done| done.guard.end());
        batch.clear();
    }
}

/// A poison message keeps crashing its workers: it is dead-lettered without another attempt.
fn is_poison(message: &Message) -> bool {
    lost_workers(message) > MAX_LOST_WORKERS
}

/// Deliveries that ended neither with a recorded failure nor with a delete.
pub(super) fn lost_workers(message: &Message) -> u32 {
    message.receives.saturating_sub(message.attempt)
}
