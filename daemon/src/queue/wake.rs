//! Wakes whoever waits for a message, a setting or an operation, through PostgreSQL's LISTEN and NOTIFY.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio_util::sync::CancellationToken;

use super::QueueName;

/// The channel; its payload is the name of a queue, or one of these words.
pub const WAKE_CHANNEL: &str = "tradepost_queue";
/// The settings of a queue have changed.
pub const SETTINGS: &str = "settings";
/// There is something in the outbox.
pub const OUTBOX: &str = "outbox";
/// An operation was planned, started, paused or cancelled.
pub const OPERATIONS: &str = "operations";

/// One bell for each queue, and for what else is waited for.
#[derive(Debug, Default)]
pub struct Wake {
    bells: [Arc<Notify>; QueueName::ALL.len()],
    settings: Arc<Notify>,
    outbox: Arc<Notify>,
    operations: Arc<Notify>,
}

impl Wake {
    /// Resolves when the queue's bell rings after this call.
    pub fn notified(&self, queue: QueueName) -> impl Future<Output = ()> + Send + use<> {
        from_now_on(&self.bells[queue as usize])
    }

    /// Resolves when the settings of a queue change after this call.
    pub fn settings_changed(&self) -> impl Future<Output = ()> + Send + use<> {
        from_now_on(&self.settings)
    }

    /// Resolves when something comes into the outbox after this call.
    pub fn outbox_filled(&self) -> impl Future<Output = ()> + Send + use<> {
        from_now_on(&self.outbox)
    }

    /// Resolves when an operation changes after this call.
    pub fn operations_changed(&self) -> impl Future<Output = ()> + Send + use<> {
        from_now_on(&self.operations)
    }

    pub fn ring(&self, queue: QueueName) {
        self.bells[queue as usize].notify_waiters();
    }

    fn ring_all(&self) {
        QueueName::ALL.into_iter().for_each(|queue| self.ring(queue));
        for bell in [&self.settings, &self.outbox, &self.operations] {
            bell.notify_waiters();
        }
    }
}

/// From the call on, not from the first poll.
fn from_now_on(bell: &Arc<Notify>) -> impl Future<Output = ()> + Send + use<> {
    let mut notified: std::pin::Pin<Box<OwnedNotified>> = Box::pin(bell.clone().notified_owned());
    notified.as_mut().enable();
    notified
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
        match notification.payload() {
            SETTINGS => wake.settings.notify_waiters(),
            OUTBOX => wake.outbox.notify_waiters(),
            OPERATIONS => wake.operations.notify_waiters(),
            queue => QueueName::parse(queue).into_iter().for_each(|queue| wake.ring(queue)),
        }
    }
    Ok(())
}
