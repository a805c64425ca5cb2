//! Settling messages in flight by receipt handle: delete, extend, release.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry as ExtendEntry,
    DeleteMessageBatchRequestEntry as DeleteEntry,
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::receive::whole_seconds;
use super::{Collected, MAX_BATCH, MAX_REQUESTS, Part, Sqs, error};
use crate::message::{InFlight, Message, Queue, ReceiptHandle};

/// Receives without a failure after which a released message is sent as a copy. SQS counts every receive, and a message with many more
/// receives than failures is taken for a poison message.
const FREE_RECEIVES: u32 = 2;

/// Receipt handles of one queue of SQS, with their indices in the call.
struct SettleBatch<'a> {
    queue: Queue,
    part: Part,
    handles: Vec<(usize, &'a str)>,
}

impl Sqs {
    /// Deletes messages. One whose receipt handle is lost belongs to another worker.
    pub async fn delete(&self, messages: &[InFlight]) -> anyhow::Result<()> {
        let deleting: Vec<_> = batches(messages)
            .into_iter()
            .map(|batch| self.delete_batch(batch))
            .collect();
        stream::iter(deleting)
            .buffer_unordered(MAX_REQUESTS)
            .try_collect()
            .await
    }

    /// Deletes messages from their dead-letter queue.
    pub async fn delete_collected(&self, collected: &[Collected]) -> anyhow::Result<()> {
        let Some(first) = collected.first() else { return Ok(()) };
        let handles = collected.iter().map(|collected| collected.receipt_handle.as_str());
        let batch = SettleBatch {
            queue: first.message.queue(),
            part: Part::Dead,
            handles: handles.enumerate().collect(),
        };
        self.delete_batch(batch).await
    }

    async fn delete_batch(&self, batch: SettleBatch<'_>) -> anyhow::Result<()> {
        let entries = batch.handles.iter().map(|(index, handle)| {
            let entry = DeleteEntry::builder().id(index.to_string()).receipt_handle(*handle);
            entry.build().expect("an entry has an id and a receipt handle")
        });
        let answer = self
            .client
            .delete_message_batch()
            .queue_url(self.url(batch.queue, batch.part))
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map_err(error::from_sdk)
            .with_context(|| format!("deleting from {}", self.name(batch.queue, batch.part)))?;
        match answer.failed.iter().find(|failed| !is_lost(failed)) {
            Some(failed) => anyhow::bail!("SQS did not delete a message: {}", text(failed)),
            None => Ok(()),
        }
    }

    /// Extends the visibility timeout. `false`: the receipt handle is lost.
    pub async fn extend(&self, messages: &[InFlight], visibility: Duration) -> anyhow::Result<Vec<bool>> {
        let extending: Vec<_> = batches(messages)
            .into_iter()
            .map(|batch| self.extend_batch(batch, visibility))
            .collect();
        let lost: Vec<Vec<usize>> = stream::iter(extending)
            .buffer_unordered(MAX_REQUESTS)
            .try_collect()
            .await?;
        let mut kept = vec![true; messages.len()];
        lost.into_iter().flatten().for_each(|index| kept[index] = false);
        Ok(kept)
    }

    /// Returns the indices of those whose receipt handles are lost.
    async fn extend_batch(&self, batch: SettleBatch<'_>, visibility: Duration) -> anyhow::Result<Vec<usize>> {
        let entries = batch.handles.iter().map(|(index, handle)| {
            ExtendEntry::builder()
                .id(index.to_string())
                .receipt_handle(*handle)
                .visibility_timeout(whole_seconds(visibility))
                .build()
                .expect("an entry has an id and a receipt handle")
        });
        let answer = self
            .client
            .change_message_visibility_batch()
            .queue_url(self.url(batch.queue, batch.part))
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map_err(error::from_sdk)
            .with_context(|| format!("extending messages of {}", self.name(batch.queue, batch.part)))?;
        for failed in answer.failed.iter().filter(|failed| !is_lost(failed)) {
            tracing::warn!(error = text(failed), "SQS did not extend a message");
        }
        let lost = answer.failed.iter().filter(|failed| is_lost(failed));
        Ok(lost.filter_map(|failed| failed.id.parse().ok()).collect())
    }

    /// Makes a message visible again after `delay`. One whose receipt handle is lost belongs to another worker.
    pub async fn change_visibility(&self, message: &InFlight, delay: Duration) -> anyhow::Result<()> {
        let answer = self
            .client
            .change_message_visibility()
            .queue_url(self.url(message.queue, message.lane))
            .receipt_handle(handle(message))
            .visibility_timeout(whole_seconds(delay))
            .send()
            .await;
        match answer {
            Err(error)
                if error
                    .as_service_error()
                    .and_then(|e| e.code())
                    .is_some_and(is_lost_handle) =>
            {
                Ok(())
            }
            Err(error) => Err(error::from_sdk(error)).context("releasing a message"),
            Ok(_) => Ok(()),
        }
    }

    /// Releases a message as if it had not been received. SQS counts its receives all the same, so a copy that was never received takes
    /// its place where it would wait, or be released again and again.
    pub async fn release(&self, message: &Message, delay: Duration) -> anyhow::Result<()> {
        let uncounted = message.receives.saturating_sub(message.attempt);
        let needs_copy = !delay.is_zero() || uncounted >= FREE_RECEIVES;
        if !needs_copy || message.fault.is_some() {
            return self.change_visibility(&message.in_flight, delay).await;
        }
        self.send_copy(message, delay).await?;
        self.delete(std::slice::from_ref(&message.in_flight)).await
    }
}

fn batches(messages: &[InFlight]) -> Vec<SettleBatch<'_>> {
    let mut queues: BTreeMap<(Queue, Part), Vec<(usize, &str)>> = BTreeMap::new();
    for (index, message) in messages.iter().enumerate() {
        let key = (message.queue, message.lane.into());
        queues.entry(key).or_default().push((index, handle(message)));
    }
    let batch = |((queue, part), handles): (_, Vec<_>)| {
        let batches = handles.chunks(MAX_BATCH).map(|some| SettleBatch {
            queue,
            part,
            handles: some.to_vec(),
        });
        batches.collect::<Vec<_>>()
    };
    queues.into_iter().flat_map(batch).collect()
}

fn handle(message: &InFlight) -> &str {
    match &message.receipt_handle {
        ReceiptHandle::Sqs(handle) => handle,
        ReceiptHandle::Postgres(_) => unreachable!("a message of PostgreSQL is settled by PostgreSQL"),
    }
}

/// Another worker has the message, or it is gone.
fn is_lost(failed: &BatchResultErrorEntry) -> bool {
    is_lost_handle(&failed.code)
}

/// The names of the JSON protocol and of the older one; an expired handle is an invalid value of the parameter.
fn is_lost_handle(code: &str) -> bool {
    ["ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"]
        .iter()
        .any(|name| code.ends_with(name))
}

fn text(failed: &BatchResultErrorEntry) -> String {
    format!("{}: {}", failed.code, failed.message.as_deref().unwrap_or("no message"))
}
