//! What the messages of each queue do: the table from queue to feature.

use std::sync::Arc;

use anyhow::Context as _;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::queue::{Message, Outcome, QueueName};
use crate::{ingest, previews, scanning};

/// Runs the handler of one message.
///
/// # Errors
/// Whatever keeps the work from being done now; the attempt counts.
pub async fn handle(app: &Arc<App>, message: &Message) -> anyhow::Result<Outcome> {
    match message.queue {
        QueueName::Scan => scanning::job::run(app, parse(message)?).await,
        QueueName::Batch => ingest::job::run(app, parse(message)?, message.attempt).await,
        QueueName::Image => previews::image_job::run(app, parse(message)?, message.attempt).await,
        QueueName::Preview => previews::sheet_job::run(app, parse(message)?, message.attempt).await,
    }
}

fn parse<T: DeserializeOwned>(message: &Message) -> anyhow::Result<T> {
    T::deserialize(&message.payload)
        .with_context(|| format!("the payload is no job of the queue {}", message.queue.as_str()))
}
