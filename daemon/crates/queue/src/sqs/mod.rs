//! Queues on Amazon SQS, or on a server that speaks its protocol.
//!
//! A queue is three of SQS: `<prefix><name>` and `<prefix><name>-bulk` for the lanes, and `<prefix><name>-dead`, its dead-letter queue,
//! which `collector.rs` empties into PostgreSQL. A message is a row of the outbox first (`outbox.rs`). SQS counts receives, not failures:
//! those are counted from the recorded attempts.

pub mod create;
mod error;
pub mod look;
pub mod payloads;
mod receive;
mod send;
mod settle;
mod wire;

pub use payloads::payload_key;
pub use receive::Collected;
pub use send::{OutboxMessage, SendResult};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use futures_util::future::join_all;
use sqlx::PgPool;
use tradepost_common::queues::Lane;
use tradepost_store::Store;

use crate::attempts::MAX_LOST_WORKERS;
use crate::message::Queue;

/// The most messages that SQS takes or gives in one call.
pub const MAX_BATCH: usize = 10;
/// The longest delay of a message on SQS.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// The longest visibility timeout on SQS.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);
/// Requests of one call that are under way at once.
const MAX_REQUESTS: usize = 8;

/// The names of the queues on SQS, and their attributes.
#[derive(Debug, Clone)]
pub struct SqsConfig {
    /// The start of every name.
    pub prefix: String,
    /// The largest message, attributes included; the payload of a larger one goes to the object store.
    pub max_bytes: u32,
    /// The time for which SQS keeps an empty receive waiting.
    pub long_poll_seconds: u32,
    pub visibility_seconds: u32,
    /// Failed attempts after which a message becomes a dead letter.
    pub attempts: u32,
    /// The server, for people: `SQS in eu-central-1`.
    pub server: String,
}

/// One of the three queues of SQS that make a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Interactive,
    Bulk,
    Dead,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Bulk, Self::Dead];

    fn suffix(self) -> &'static str {
        match self {
            Self::Interactive => "",
            Self::Bulk => "-bulk",
            Self::Dead => "-dead",
        }
    }
}

impl From<Lane> for Part {
    fn from(lane: Lane) -> Self {
        match lane {
            Lane::Interactive => Self::Interactive,
            Lane::Bulk => Self::Bulk,
        }
    }
}

/// The receives after which SQS moves a message to its dead-letter queue.
///
/// A worker dead-letters it earlier, after `attempts` recorded failures. This catches messages whose workers never live to record one.
pub fn max_receives(attempts: u32) -> u32 {
    attempts + MAX_LOST_WORKERS + 2
}

/// The queues on SQS.
#[derive(Debug)]
pub struct Sqs {
    client: Client,
    config: SqsConfig,
    queues: &'static [Queue],
    urls: BTreeMap<(Queue, Part), String>,
    db: PgPool,
    store: Store,
    cache: look::DepthCache,
}

impl Sqs {
    /// Finds every queue.
    ///
    /// # Errors
    /// A queue is missing, or SQS does not answer.
    pub async fn connect(
        client: Client,
        config: SqsConfig,
        queues: &'static [Queue],
        db: PgPool,
        store: Store,
    ) -> anyhow::Result<Arc<Self>> {
        let wanted = config.physical_queues(queues);
        let found = join_all(wanted.iter().map(|(_, name)| find(&client, name))).await;
        let (mut urls, mut missing) = (BTreeMap::new(), Vec::new());
        for ((key, name), url) in wanted.into_iter().zip(found) {
            match url.with_context(|| format!("looking for the queue {name} at {}", config.server))? {
                Some(url) => drop(urls.insert(key, url)),
                None => missing.push(name),
            }
        }
        anyhow::ensure!(
            missing.is_empty(),
            "these queues are missing at {}: {}; run `tradepostd queues create`",
            config.server,
            missing.join(", ")
        );
        Ok(Arc::new(Self {
            client,
            config,
            queues,
            urls,
            db,
            store,
            cache: look::DepthCache::default(),
        }))
    }

    /// Keeps the payloads that are too large for SQS.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn url(&self, queue: Queue, part: impl Into<Part>) -> &str {
        &self.urls[&(queue, part.into())]
    }

    fn name(&self, queue: Queue, part: Part) -> String {
        self.config.physical_name(queue, part)
    }
}

impl SqsConfig {
    /// The name of a queue on SQS.
    pub fn physical_name(&self, queue: Queue, part: Part) -> String {
        format!("{}{}{}", self.prefix, queue.as_str(), part.suffix())
    }

    /// All queues on SQS; each dead-letter queue comes before those that refer to it.
    fn physical_queues(&self, queues: &[Queue]) -> Vec<((Queue, Part), String)> {
        let parts = |queue| [Part::Dead, Part::Interactive, Part::Bulk].map(|part| (queue, part));
        let keys = queues.iter().copied().flat_map(parts);
        keys.map(|(queue, part)| ((queue, part), self.physical_name(queue, part)))
            .collect()
    }
}

/// The URL of a queue, if there is one of the name.
async fn find(client: &Client, name: &str) -> anyhow::Result<Option<String>> {
    match client.get_queue_url().queue_name(name).send().await {
        Ok(found) => Ok(Some(found.queue_url.context("SQS gave no URL")?)),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_queue_does_not_exist()) => Ok(None),
        Err(error) => Err(error::from_sdk(error)),
    }
}
