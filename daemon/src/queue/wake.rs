//! Wakes workers when a message was sent or a queue was paused or resumed, through PostgreSQL's LISTEN and NOTIFY.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio_util::sync::CancellationToken;

use super::QueueName;
use super::postgres::WAKE_CHANNEL;

/// One bell for each queue.
#[derive(Debug, Default)]
pub struct Wake {
    bells: [Arc<Notify>; QueueName::ALL.len()],
}

impl Wake {
    /// Resolves when the queue's bell rings after this call.
    pub fn notified(&self, queue: QueueName) -> impl Future<Output = ()> + Send + use<> {
        let mut notified: std::pin::Pin<Box<OwnedNotified>> =
            Box::pin(self.bells[queue as usize].clone().notified_owned());
        // From now on, not from the first poll.
        notified.as_mut().enable();
        notified
    }

    pub fn ring(&self, queue: QueueName) {
        self.bells[queue as usize].notify_waiters();
    }

    fn ring_all(&self) {
        QueueName::ALL.into_iter().for_each(|queue| self.ring(queue));
    }
}

/// Listens until `stop` is cancelled; listens again when the connection was lost.
///
/// # Errors
/// Never.
pub async fn run(db: PgPool, wake: impl AsRef<Wake> + Send, stop: CancellationToken) -> anyhow::Result<()> {
    let listening = async {
        loop {
            if let Err(error) = listen(&db, wake.as_ref()).await {
                tracing::warn!(%error, "lost the connection that wakes workers; polling goes on");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = listening => Ok(()),
    }
}

async fn listen(db: &PgPool, wake: &Wake) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(WAKE_CHANNEL).await?;
    // What was sent while nobody listened.
    wake.ring_all();
    while let Some(notification) = listener.try_recv().await? {
        if let Some(queue) = QueueName::parse(notification.payload()) {
            wake.ring(queue);
        }
    }
    Ok(())
}
