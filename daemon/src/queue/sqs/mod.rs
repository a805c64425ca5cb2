//! Queues on Amazon SQS, or on a server that speaks its protocol.
//!
//! A queue of ours is three of SQS: `<prefix><name>` and `<prefix><name>-bulk` for the lanes, and `<prefix><name>-dead`, which
//! takes what SQS gives up on; `collector.rs` empties it into the dead letters. What a feature sends is a row of the outbox
//! first (`outbox.rs`). SQS counts receives, not failures: those come from the recorded attempts.

mod client;
pub mod create;
pub mod look;
pub mod payloads;
mod receive;
mod send;
mod settle;
mod wire;

pub use payloads::payload_key;
pub use receive::Collected;
pub use send::{Parcel, Sending};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use futures_util::future::join_all;
use sqlx::PgPool;

use super::worker::LOST_WORKERS;
use super::{Lane, QueueName};
use crate::config::{AwsConfig, Config, QueuesConfig};
use tradepost_store::Store;

/// SQS takes and gives so many messages at once.
pub const BATCH: usize = 10;
/// SQS delays a message by no more than this.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// SQS hides a received message for no longer than this.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);
/// So many requests of one call are under way at once.
const AT_ONCE: usize = 8;

/// One of the three queues of SQS that a queue of ours is.
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

/// The name of a queue on SQS.
pub fn physical_name(prefix: &str, queue: QueueName, part: Part) -> String {
    format!("{prefix}{}{}", queue.as_str(), part.suffix())
}

/// So many receives after which SQS moves a message to the dead queue by itself. The worker buries it before that, after
/// exactly the configured attempts: this is for messages whose workers never live to say anything.
pub fn max_receives(queues: &QueuesConfig) -> u32 {
    queues.attempts + LOST_WORKERS + 2
}

/// The queues of one marketplace on SQS.
#[derive(Debug)]
pub struct Sqs {
    client: Client,
    urls: BTreeMap<(QueueName, Part), String>,
    queues: QueuesConfig,
    db: PgPool,
    store: Store,
    cache: look::Cache,
}

impl Sqs {
    /// Looks every queue up.
    ///
    /// # Errors
    /// When SQS does not answer, or a queue is missing.
    pub async fn connect(config: &Config, db: PgPool, store: Store) -> anyhow::Result<Arc<Self>> {
        Self::connect_by(client::build(&config.aws).await?, config, db, store).await
    }

    /// Looks every queue up, by a client that is there already.
    ///
    /// # Errors
    /// As [`Sqs::connect`].
    pub async fn connect_by(client: Client, config: &Config, db: PgPool, store: Store) -> anyhow::Result<Arc<Self>> {
        let queues = config.queues.clone();
        let wanted = physical(&queues.prefix);
        let found = join_all(wanted.iter().map(|(_, name)| find(&client, name))).await;
        let (mut urls, mut missing) = (BTreeMap::new(), Vec::new());
        for ((key, name), url) in wanted.into_iter().zip(found) {
            match url.with_context(|| format!("looking for the queue {name} at {}", place(&config.aws)))? {
                Some(url) => drop(urls.insert(key, url)),
                None => missing.push(name),
            }
        }
        anyhow::ensure!(
            missing.is_empty(),
            "these queues are missing at {}: {}; run `tradepostd queues create`",
            place(&config.aws),
            missing.join(", ")
        );
        Ok(Arc::new(Self {
            client,
            urls,
            queues,
            db,
            store,
            cache: look::Cache::default(),
        }))
    }

    /// What its messages' large payloads are kept in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn url(&self, queue: QueueName, part: impl Into<Part>) -> &str {
        &self.urls[&(queue, part.into())]
    }

    fn name(&self, queue: QueueName, part: Part) -> String {
        physical_name(&self.queues.prefix, queue, part)
    }
}

/// Every queue of SQS that there has to be: of each name first the one that the others refer to.
fn physical(prefix: &str) -> Vec<((QueueName, Part), String)> {
    let parts = |queue| [Part::Dead, Part::Interactive, Part::Bulk].map(|part| (queue, part));
    let keys = QueueName::ALL.into_iter().flat_map(parts);
    keys.map(|(queue, part)| ((queue, part), physical_name(prefix, queue, part)))
        .collect()
}

/// The URL of a queue, if there is one of the name.
async fn find(client: &Client, name: &str) -> anyhow::Result<Option<String>> {
    match client.get_queue_url().queue_name(name).send().await {
        Ok(found) => Ok(Some(found.queue_url.context("SQS gave no URL")?)),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_queue_does_not_exist()) => Ok(None),
        Err(error) => Err(client::fault(error)),
    }
}

/// Where SQS is, for people.
pub fn place(aws: &AwsConfig) -> String {
    match (&aws.endpoint, &aws.region) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(region)) => format!("SQS in {region}"),
        (None, None) => "SQS".to_owned(),
    }
}
