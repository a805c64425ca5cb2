//! Which backend carries the messages: the only place that knows there are two.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};

use super::sqs::Sqs;
use super::stats::QueueStats;
use super::{Depth, Held, Lane, Message, NewMessage, QueueName, outbox, postgres};
use crate::config::{Config, QueueBackend};
use tradepost_store::Store;

/// Sends, receives and settles messages.
#[derive(Debug, Clone)]
pub struct Broker {
    backend: Backend,
    db: PgPool,
    stats: Arc<QueueStats>,
}

#[derive(Debug, Clone)]
enum Backend {
    Postgres,
    Sqs(Arc<Sqs>),
}

/// The broker that the configuration asks for.
///
/// # Errors
/// When SQS does not answer, or lacks queues.
pub async fn connect(config: &Config, db: &PgPool, store: &Store, stats: &Arc<QueueStats>) -> anyhow::Result<Broker> {
    let (db, stats) = (db.clone(), stats.clone());
    match config.queues.backend {
        QueueBackend::Postgres => Ok(Broker::postgres(db, stats)),
        QueueBackend::Sqs => {
            let sqs = Sqs::connect(config, db.clone(), store.clone()).await?;
            Ok(Broker::sqs(sqs, db, stats))
        }
    }
}

/// What one poll of a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poll {
    /// Both lanes in one answer that comes at once, interactive messages first.
    Both,
    /// One lane; the answer may take as long as a long poll does.
    Lane(Lane),
}

impl Broker {
    pub fn postgres(db: PgPool, stats: Arc<QueueStats>) -> Self {
        let backend = Backend::Postgres;
        Self { backend, db, stats }
    }

    pub fn sqs(sqs: Arc<Sqs>, db: PgPool, stats: Arc<QueueStats>) -> Self {
        let backend = Backend::Sqs(sqs);
        Self { backend, db, stats }
    }

    /// SQS, where that is the backend: it needs a relay and a collector.
    pub fn as_sqs(&self) -> Option<&Arc<Sqs>> {
        match &self.backend {
            Backend::Postgres => None,
            Backend::Sqs(sqs) => Some(sqs),
        }
    }

    /// `postgres` or `sqs`.
    pub fn name(&self) -> &'static str {
        match &self.backend {
            Backend::Postgres => "postgres",
            Backend::Sqs(_) => "sqs",
        }
    }

    /// Sends messages in the caller's transaction: they exist exactly when it commits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn send(&self, tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
        match &self.backend {
            Backend::Postgres => postgres::send(tx, messages).await?,
            Backend::Sqs(_) => outbox::insert(tx, messages).await?,
        }
        for message in messages {
            self.stats.sent(message.queue);
        }
        Ok(())
    }

    /// The polls that a worker keeps going for one queue.
    pub fn polls(&self) -> &'static [Poll] {
        match &self.backend {
            Backend::Postgres => &[Poll::Both],
            Backend::Sqs(_) => &[Poll::Lane(Lane::Interactive), Poll::Lane(Lane::Bulk)],
        }
    }

    /// Receives up to `limit` messages and hides them for `visibility`.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn receive(
        &self,
        queue: QueueName,
        poll: Poll,
        limit: u32,
        visibility: Duration,
    ) -> anyhow::Result<Vec<Message>> {
        match (&self.backend, poll) {
            (Backend::Postgres, _) => Ok(postgres::receive(&self.db, queue, limit, visibility).await?),
            (Backend::Sqs(sqs), Poll::Lane(lane)) => sqs.receive(queue, lane, limit, visibility).await,
            (Backend::Sqs(_), Poll::Both) => unreachable!("a lane of SQS is polled by itself"),
        }
    }

    /// How long an empty answer of [`Broker::receive`] is likely to stay true if nobody sends; `None`: for ever.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn next_visible_in(&self, queue: QueueName) -> anyhow::Result<Option<Duration>> {
        match &self.backend {
            Backend::Postgres => Ok(postgres::next_visible_in(&self.db, queue).await?),
            Backend::Sqs(_) => Ok(None),
        }
    }

    /// Deletes messages that are done. One whose receipt is lost is left to whoever has it now.
    ///
    /// # Errors
    /// When the backend does not answer; some may be deleted.
    pub async fn delete(&self, held: &[Held]) -> anyhow::Result<()> {
        match &self.backend {
            Backend::Postgres => Ok(postgres::delete(&self.db, held).await?),
            Backend::Sqs(sqs) => sqs.delete(held).await,
        }
    }

    /// Deletes a message as part of the transaction that replaces it, where the backend can. `false`: the receipt is lost.
    /// [`Broker::delete_after_commit`] follows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_in(&self, tx: &mut PgConnection, held: &Held) -> sqlx::Result<bool> {
        match &self.backend {
            Backend::Postgres => postgres::delete_in(tx, held).await,
            Backend::Sqs(_) => Ok(true),
        }
    }

    /// Deletes a message that was replaced, where [`Broker::delete_in`] could not.
    ///
    /// # Errors
    /// When the backend does not answer: the message comes back, and is known to be buried.
    pub async fn delete_after_commit(&self, held: &Held) -> anyhow::Result<()> {
        match &self.backend {
            Backend::Postgres => Ok(()),
            Backend::Sqs(sqs) => sqs.delete(std::slice::from_ref(held)).await,
        }
    }

    /// Gives a message back after a failed attempt, as part of the transaction that records it, where the backend can: it is
    /// received again after `delay`. `false`: the receipt is lost. [`Broker::release_after_commit`] follows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn release_in(&self, tx: &mut PgConnection, held: &Held, delay: Duration) -> sqlx::Result<bool> {
        match &self.backend {
            Backend::Postgres => postgres::release(tx, held, delay).await,
            Backend::Sqs(_) => Ok(true),
        }
    }

    /// Gives a message back after a failed attempt, where [`Broker::release_in`] could not.
    ///
    /// # Errors
    /// When the backend does not answer: its visibility timeout brings it back.
    pub async fn release_after_commit(&self, held: &Held, delay: Duration) -> anyhow::Result<()> {
        match &self.backend {
            Backend::Postgres => Ok(()),
            Backend::Sqs(sqs) => sqs.release(held, delay).await,
        }
    }

    /// Gives a message back as if it had not been received.
    ///
    /// # Errors
    /// As [`Broker::release_after_commit`].
    pub async fn give_back(&self, message: &Message, delay: Duration) -> anyhow::Result<()> {
        match &self.backend {
            Backend::Postgres => Ok(postgres::give_back(&self.db, &message.held, delay).await.map(drop)?),
            Backend::Sqs(sqs) => sqs.give_back(message, delay).await,
        }
    }

    /// Gives a message back at once whose handler was ended from outside.
    ///
    /// # Errors
    /// As [`Broker::release_after_commit`].
    pub async fn surrender(&self, held: &Held) -> anyhow::Result<()> {
        match &self.backend {
            Backend::Postgres => Ok(postgres::give_back(&self.db, held, Duration::ZERO).await.map(drop)?),
            Backend::Sqs(sqs) => sqs.release(held, Duration::ZERO).await,
        }
    }

    /// Extends the visibility timeout of messages in hand; answers for each whether its receipt is still good.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn extend(&self, held: &[Held], visibility: Duration) -> anyhow::Result<Vec<bool>> {
        match &self.backend {
            Backend::Postgres => Ok(postgres::extend(&self.db, held, visibility).await?),
            Backend::Sqs(sqs) => sqs.extend(held, visibility).await,
        }
    }

    /// How many messages there are, by queue.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn depths(&self) -> anyhow::Result<Vec<(QueueName, Depth)>> {
        match &self.backend {
            Backend::Postgres => Ok(postgres::depths(&self.db).await?),
            Backend::Sqs(sqs) => {
                // In this order: what moves from one to the other meanwhile is seen.
                let waiting = outbox::depths(&self.db).await?;
                Ok(together(sqs.depths().await, &waiting))
            }
        }
    }
}

/// What is on SQS, and what is on its way there.
fn together(mut depths: Vec<(QueueName, Depth)>, waiting: &[(QueueName, Depth)]) -> Vec<(QueueName, Depth)> {
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
