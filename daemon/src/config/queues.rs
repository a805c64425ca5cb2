//! `[queues]` and `[aws]`: the backend of the queues and the workers.

use std::collections::BTreeMap;

use serde::Deserialize;
use tradepost_common::queues::Backend;

/// The queues and the worker loops.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueuesConfig {
    pub backend: Backend,
    /// The prefix of the names of the queues on SQS.
    pub prefix: String,
    /// A message of SQS that is larger than this, attributes included, leaves its payload in the object store.
    pub sqs_max_bytes: u32,
    /// Seconds for which SQS keeps an empty receive waiting.
    pub long_poll_seconds: u32,
    /// The visibility timeout in seconds; the heartbeat extends it.
    pub visibility_seconds: u32,
    /// Attempts before a message becomes a dead letter.
    pub attempts: u32,
    /// Seconds before the second attempt; doubles with every attempt, with jitter.
    pub backoff_seconds: u32,
    /// Messages of a queue on PostgreSQL that a process may claim before a handler is free for them.
    pub prefetch: u32,
    /// Handlers that run at once, by queue.
    pub concurrency: BTreeMap<String, u32>,
    /// Seconds after the unpacking of a pack until the safety message checks that its preview was made.
    pub safety_seconds: u32,
}

impl Default for QueuesConfig {
    fn default() -> Self {
        Self {
            backend: Backend::Postgres,
            prefix: "tradepost-".to_owned(),
            sqs_max_bytes: 262_144,
            long_poll_seconds: 20,
            visibility_seconds: 30,
            attempts: 5,
            backoff_seconds: 2,
            prefetch: 200,
            concurrency: BTreeMap::new(),
            safety_seconds: 120,
        }
    }
}

/// The cloud. Credentials come from where every AWS program looks for them: environment, profile, the machine's role.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AwsConfig {
    /// `eu-central-1`; from the environment, the profile or the machine when not set.
    pub region: Option<String>,
    /// Another server than Amazon's: `http://127.0.0.1:4566`.
    pub endpoint: Option<String>,
}
