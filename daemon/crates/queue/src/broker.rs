//! Selects the backend that carries the messages.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tradepost_common::queues::{AttemptOutcome, Backend, Lane};

use crate::attempts::{self, Failure};
use crate::dead_letters::{self, NewDeadLetter, RedriveLog};
use crate::message::{Depth, InFlight, MAX_YIELD, Message, NewMessage, Queue};
use crate::sqs::Sqs;
use crate::stats::QueueStats;
use crate::{outbox, postgres};

/// Sends, receives and settles messages.
#[derive(Debug, Clone)]
pub struct Broker {
    /// `None`: PostgreSQL carries the messages.
    sqs: Option<Arc<Sqs>>,
    queues: &'static [Queue],
    db: PgPool,
    stats: Arc<QueueStats>,
    redrive_log: Arc<dyn RedriveLog>,
}

/// A request of a worker for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poll {
    /// Both lanes in one answer that comes at once, interactive messages first.
    Both,
    /// As `Both`, without the messages that yield.
    Prompt,
    /// One lane; the answer may take as long as a long poll.
    Lane(Lane),
}

impl Broker {
    pub fn new(
        sqs: Option<Arc<Sqs>>,
        queues: &'static [Queue],
        db: PgPool,
        stats: Arc<QueueStats>,
        redrive_log: Arc<dyn RedriveLog>,
    ) -> Self {
        Self {
            sqs,
            queues,
            db,
            stats,
            redrive_log,
        }
    }

    /// The same broker on other connections to the database. Those of SQS are shared.
    pub fn on(&self, db: PgPool) -> Self {
        Self { db, ..self.clone() }
    }

    /// The client of SQS, where that is the backend: it needs a relay and a collector.
    pub fn as_sqs(&self) -> Option<&Arc<Sqs>> {
        self.sqs.as_ref()
    }

    pub fn backend(&self) -> Backend {
        match &self.sqs {
            None => Backend::Postgres,
            Some(_) => Backend::Sqs,
        }
    }

    pub fn queues(&self) -> &'static [Queue] {
        self.queues
    }

    pub(crate) fn db(&self) -> &PgPool {
        &self.db
    }

    pub fn stats(&self) -> &QueueStats {
        &self.stats
    }

    pub(crate) fn redrive_log(&self) -> &dyn RedriveLog {
        &*self.redrive_log
    }

    /// Sends messages in the caller's transaction: they exist exactly when it commits.
    pub async fn send(&self, tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
        match &self.sqs {
            None => postgres::send(tx, messages).await?,
            Some(_) => outbox::insert(tx, messages).await?,
        }
        for message in messages {
            self.stats.sent(message.queue);
        }
        Ok(())
    }

    /// The polls that a worker keeps going for one queue.
    pub fn polls(&self) -> &'static [Poll] {
        match &self.sqs {
            None => &[Poll::Both],
            Some(_) => &[Poll::Lane(Lane::Interactive), Poll::Lane(Lane::Bulk)],
        }
    }

    /// Receives up to `limit` messages and hides them for `visibility`.
    pub async fn receive(
        &self,
        queue: Queue,
        poll: Poll,
        limit: u32,
        visibility: Duration,
    ) -> anyhow::Result<Vec<Message>> {
        match (&self.sqs, poll) {
            (None, Poll::Prompt) => Ok(postgres::receive(&self.db, queue, limit, visibility, Duration::ZERO).await?),
            (None, _) => Ok(postgres::receive(&self.db, queue, limit, visibility, MAX_YIELD).await?),
            (Some(sqs), Poll::Lane(lane)) => sqs.receive(queue, lane, limit, visibility).await,
            (Some(_), Poll::Both | Poll::Prompt) => unreachable!("a lane of SQS is polled by itself"),
        }
    }

    /// The time for which an empty answer of [`Broker::receive`] stays true if nobody sends; `None`: for ever.
    pub async fn next_visible_in(&self, queue: Queue) -> anyhow::Result<Option<Duration>> {
        match &self.sqs {
            None => Ok(postgres::next_visible_in(&self.db, queue).await?),
            Some(_) => Ok(None),
        }
    }

    /// Deletes messages that are done. One whose receipt handle is lost belongs to another worker.
    ///
    /// # Errors
    /// Some may be deleted.
    pub async fn delete(&self, messages: &[InFlight]) -> anyhow::Result<()> {
        match &self.sqs {
            None => Ok(postgres::delete(&self.db, messages).await?),
            Some(sqs) => sqs.delete(messages).await,
        }
    }

    /// Deletes messages whose handlers are done, and notes the redriven ones among them.
    pub(crate) async fn delete_done(&self, messages: &[&Message]) -> anyhow::Result<()> {
        let redriven = messages.iter().filter(|message| message.redrives > 0);
        let redriven: Vec<_> = redriven.map(|message| message.id()).collect();
        if !redriven.is_empty() {
            self.redrive_log.succeeded(&self.db, &redriven).await?;
        }
        let messages: Vec<_> = messages.iter().map(|message| message.in_flight.clone()).collect();
        self.delete(&messages).await
    }

    /// Records a failed attempt and releases the message for `delay`. `false`: the receipt handle is lost, nothing was recorded.
    ///
    /// Both are one transaction where the backend can: after a crash in between, the attempt would be recorded twice.
    pub async fn retry(&self, failure: &Failure<'_>, delay: Duration) -> anyhow::Result<bool> {
        let message = &failure.message.in_flight;
        let mut tx = self.db.begin().await?;
        if self.sqs.is_none() && !postgres::release_failed(&mut tx, message, delay).await? {
            return Ok(false);
        }
        attempts::record(&mut *tx, failure, AttemptOutcome::Retry).await?;
        tx.commit().await?;
        if let Some(sqs) = &self.sqs {
            sqs.change_visibility(message, delay).await?;
        }
        Ok(true)
    }

    /// Records the last failed attempt and moves the message to the dead letters. `false`: the receipt handle is lost, or it is one
    /// already.
    ///
    /// All is one transaction where the backend can; else the message may be delivered again, and is known to be a dead letter.
    pub async fn dead_letter(&self, failure: &Failure<'_>) -> anyhow::Result<bool> {
        let message = failure.message;
        let mut tx = self.db.begin().await?;
        if self.sqs.is_none() && !postgres::delete_in(&mut tx, &message.in_flight).await? {
            return Ok(false);
        }
        attempts::record(&mut *tx, failure, AttemptOutcome::Dead).await?;
        let new = NewDeadLetter::new(message, self.backend(), failure.error);
        let inserted = dead_letters::insert(&mut tx, &*self.redrive_log, &new).await?;
        tx.commit().await?;
        if let Some(sqs) = &self.sqs {
            sqs.delete(std::slice::from_ref(&message.in_flight)).await?;
        }
        Ok(inserted)
    }

    /// Releases a message as if it had not been received: it is delivered again after `delay`.
    pub async fn release(&self, message: &Message, delay: Duration) -> anyhow::Result<()> {
        match &self.sqs {
            None => Ok(postgres::release(&self.db, &message.in_flight, delay).await.map(drop)?),
            Some(sqs) => sqs.release(message, delay).await,
        }
    }

    /// Releases messages that were claimed and not started, each with the time since it became visible: it keeps its place in its lane.
    pub async fn release_unstarted(&self, messages: &[(InFlight, Duration)]) -> anyhow::Result<()> {
        match &self.sqs {
            None => Ok(postgres::release_unstarted(&self.db, messages).await?),
            Some(_) => unreachable!("a message of SQS is not claimed ahead"),
        }
    }

    /// Releases a message at once whose handler was aborted.
    pub async fn release_aborted(&self, message: &InFlight) -> anyhow::Result<()> {
        match &self.sqs {
            None => Ok(postgres::release(&self.db, message, Duration::ZERO).await.map(drop)?),
            Some(sqs) => sqs.change_visibility(message, Duration::ZERO).await,
        }
    }

    /// Extends the visibility timeout of messages in flight. `false`: the receipt handle is lost.
    pub async fn extend(&self, messages: &[InFlight], visibility: Duration) -> anyhow::Result<Vec<bool>> {
        match &self.sqs {
            None => Ok(postgres::extend(&self.db, messages, visibility).await?),
            Some(sqs) => sqs.extend(messages, visibility).await,
        }
    }

    /// Counts messages by queue.
    pub async fn depths(&self) -> anyhow::Result<Vec<(Queue, Depth)>> {
        match &self.sqs {
            None => Ok(postgres::depths(&self.db, self.queues).await?),
            Some(sqs) => {
                // In this order: a message that moves from one to the other meanwhile is counted.
                let waiting = outbox::depths(&self.db, self.queues).await?;
                Ok(add(sqs.depths().await, &waiting))
            }
        }
    }
}

/// Adds the messages that wait in the outbox to those on SQS.
fn add(mut depths: Vec<(Queue, Depth)>, waiting: &[(Queue, Depth)]) -> Vec<(Queue, Depth)> {
    for (queue, depth) in &mut depths {
        for (_, more) in waiting.iter().filter(|(name, _)| name == queue) {
            depth.ready += more.ready;
            depth.delayed += more.delayed;
            let ages = [depth.oldest_age_seconds, more.oldest_age_seconds];
            depth.oldest_age_seconds = ages.into_iter().flatten().reduce(f64::max);
        }
    }
    depths
}
