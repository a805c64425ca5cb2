//! The queues as configured: the backend, the names on SQS, the store of large payloads.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use sqlx::PgPool;
use tradepost_common::queues::Backend;
use tradepost_queue::Broker;
use tradepost_queue::dead_letters::RedriveLog;
use tradepost_queue::sqs::{Sqs, SqsConfig};
use tradepost_queue::stats::QueueStats;
use tradepost_store::Store;

use crate::aws;
use crate::config::{AwsConfig, Config};
use crate::jobs::QUEUES;

/// Longer than the longest long poll.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to the configured backend.
pub async fn connect(
    config: &Config,
    db: &PgPool,
    store: &Store,
    stats: Arc<QueueStats>,
    redrive_log: Arc<dyn RedriveLog>,
) -> anyhow::Result<Broker> {
    let sqs = match config.queues.backend {
        Backend::Postgres => None,
        Backend::Sqs => {
            let client = sqs_client(&config.aws).await?;
            Some(Sqs::connect(client, sqs_config(config), &QUEUES, db.clone(), store.clone()).await?)
        }
    };
    Ok(Broker::new(sqs, &QUEUES, db.clone(), stats, redrive_log))
}

/// The queues on SQS as configured.
pub fn sqs_config(config: &Config) -> SqsConfig {
    let queues = &config.queues;
    SqsConfig {
        prefix: queues.prefix.clone(),
        max_bytes: queues.sqs_max_bytes,
        long_poll_seconds: queues.long_poll_seconds,
        visibility_seconds: queues.visibility_seconds,
        attempts: queues.attempts,
        server: sqs_server(&config.aws),
    }
}

/// The name of the SQS server, for people.
pub fn sqs_server(aws: &AwsConfig) -> String {
    match (&aws.endpoint, &aws.region) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(region)) => format!("SQS in {region}"),
        (None, None) => "SQS".to_owned(),
    }
}

/// Builds the client; it looks for credentials at the first request.
pub async fn sqs_client(config: &AwsConfig) -> anyhow::Result<Client> {
    Ok(Client::new(&aws::load(config, ANSWER_TIMEOUT).await?))
}
