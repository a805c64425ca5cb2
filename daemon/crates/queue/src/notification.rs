//! Wakes tasks that wait for a message or another change, by PostgreSQL's LISTEN and NOTIFY.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio_util::sync::CancellationToken;

use crate::message::Queue;

/// The channel; its payload is the name of a topic.
pub(crate) const CHANNEL: &str = "tradepost_queue";
/// The settings of a queue have changed.
pub(crate) const SETTINGS: Topic = Topic("settings");
/// A row was inserted into the outbox.
pub(crate) const OUTBOX: Topic = Topic("outbox");

/// A kind of change that tasks wait for: a message in a queue, or what a caller names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic(&'static str);

impl Topic {
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }
}

impl From<Queue> for Topic {
    fn from(queue: Queue) -> Self {
        Self(queue.as_str())
    }
}

/// The tasks of this process that wait, by topic.
#[derive(Debug)]
pub struct Notifier(BTreeMap<&'static str, Arc<Notify>>);

impl Notifier {
    /// Knows the topics of these queues, those of this crate, and `topics`.
    pub fn new(queues: &[Queue], topics: &[Topic]) -> Self {
        let queues = queues.iter().map(|queue| Topic::from(*queue));
        let topics = queues.chain([SETTINGS, OUTBOX]).chain(topics.iter().copied());
        Self(topics.map(|topic| (topic.0, Arc::default())).collect())
    }

    /// Resolves at the first notification of the topic after this call, not after the first poll.
    pub fn notified(&self, topic: impl Into<Topic>) -> Pin<Box<OwnedNotified>> {
        let mut notified = Box::pin(self.0[topic.into().0].clone().notified_owned());
        notified.as_mut().enable();
        notified
    }

    fn notify(&self, topic: &str) {
        if let Some(waiting) = self.0.get(topic) {
            waiting.notify_waiters();
        }
    }

    fn notify_all(&self) {
        self.0.values().for_each(|waiting| waiting.notify_waiters());
    }
}

/// Notifies the waiting tasks of all processes when the caller's transaction commits.
pub async fn notify(tx: &mut PgConnection, topic: Topic) -> sqlx::Result<()> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, topic.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Listens until `stop` is cancelled, and again when the connection was lost.
pub async fn run(db: PgPool, notifier: Arc<Notifier>, stop: CancellationToken) -> anyhow::Result<()> {
    let listening = async {
        loop {
            if let Err(error) = listen(&db, &notifier).await {
                tracing::warn!(%error, "lost the connection that notifies workers; they poll");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = listening => Ok(()),
    }
}

async fn listen(db: &PgPool, notifier: &Notifier) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(CHANNEL).await?;
    // Something may have changed while nobody listened.
    notifier.notify_all();
    while let Some(notification) = listener.try_recv().await? {
        notifier.notify(notification.payload());
    }
    Ok(())
}
