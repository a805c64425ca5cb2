//! Workers that do what a test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tradepost_common::ids::MessageId;
use tradepost_queue::worker::Handler;
use tradepost_queue::{Message, Outcome, Queue};

use crate::wait::eventually;

/// A running worker.
pub struct Running {
    pub stop: CancellationToken,
    pub(super) task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Stops it as the daemon does, and waits for its end.
    pub async fn finish(self) {
        self.stop.cancel();
        self.task
            .await
            .expect("the worker does not panic")
            .expect("a worker never fails");
    }

    /// Ends it as a killed process ends: nothing is settled.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

type ScriptFn = dyn Fn(Message) -> BoxFuture<'static, anyhow::Result<Outcome>> + Send + Sync;

/// A handler written in a test.
pub struct Script(Box<ScriptFn>);

impl Script {
    pub fn new<F: Future<Output = anyhow::Result<Outcome>> + Send + 'static>(
        handle: impl Fn(Message) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |message| Box::pin(handle(message))))
    }
}

impl Handler for Script {
    async fn until_ready(&self, _: Queue) {}

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        (self.0)(message.clone()).await
    }
}

/// Counts the handler runs of each message.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<MessageId, u32>>>);

impl Tally {
    pub fn count(&self, id: MessageId) {
        *self.0.lock().expect("nobody panics with it").entry(id).or_default() += 1;
    }

    pub fn runs(&self, id: MessageId) -> u32 {
        self.0
            .lock()
            .expect("nobody panics with it")
            .get(&id)
            .copied()
            .unwrap_or(0)
    }

    /// Counts the different messages that were handled.
    pub fn messages(&self) -> usize {
        self.0.lock().expect("nobody panics with it").len()
    }

    /// A script that counts, and is done.
    pub fn script(&self) -> Script {
        let tally = self.clone();
        Script::new(move |message| {
            tally.count(message.id());
            async { Ok(Outcome::Done) }
        })
    }

    /// Waits until so many different messages were handled.
    pub async fn reaches(&self, count: usize) {
        eventually(&format!("{count} messages are handled"), async || {
            match self.messages() {
                enough if enough >= count => Ok(()),
                fewer => Err(format!("{fewer} are")),
            }
        })
        .await;
    }
}
