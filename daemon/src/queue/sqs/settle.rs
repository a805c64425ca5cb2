//! Settling: deleting, extending and giving back what is in hand, by receipt handle.

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
use super::{AT_ONCE, BATCH, Collected, Part, Sqs, client};
use crate::queue::{Held, Message, QueueName, Receipt};

/// So many receives without a failure are left to messages that are given back at once: SQS counts those too, and a message
/// that was received much oftener than it failed is taken for one that kills workers.
const FREE_RECEIVES: u32 = 2;

/// Receipt handles of one queue of SQS, by their place in the call.
struct Batch<'a> {
    queue: QueueName,
    part: Part,
    receipts: Vec<(usize, &'a str)>,
}

impl Sqs {
    /// Deletes messages. One whose receipt is lost is left to whoever has it now.
    pub async fn delete(&self, held: &[Held]) -> anyhow::Result<()> {
        let deleting: Vec<_> = batches(held)
            .into_iter()
            .map(|batch| self.delete_batch(batch))
            .collect();
        stream::iter(deleting).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Deletes a message from its dead queue.
    pub async fn delete_collected(&self, collected: &[Collected]) -> anyhow::Result<()> {
        let Some(first) = collected.first() else { return Ok(()) };
        let receipts = collected.iter().map(|collected| collected.receipt.as_str());
        let batch = Batch {
            queue: first.message.queue(),
            part: Part::Dead,
            receipts: receipts.enumerate().collect(),
        };
        self.delete_batch(batch).await
    }

    async fn delete_batch(&self, batch: Batch<'_>) -> anyhow::Result<()> {
        let entries = batch.receipts.iter().map(|(index, receipt)| {
            let entry = DeleteEntry::builder().id(index.to_string()).receipt_handle(*receipt);
            entry.build().expect("an entry has an id and a receipt handle")
        });
        let answer = self
            .client
            .delete_message_batch()
            .queue_url(self.url(batch.queue, batch.part))
            .set_entries(Some(entries.collect()))
            .send()
            .await
            .map_err(client::fault)
            .with_context(|| format!("deleting from {}", self.name(batch.queue, batch.part)))?;
        match answer.failed.iter().find(|failed| !is_lost(failed)) {
            Some(failed) => anyhow::bail!("SQS did not delete a message: {}", said(failed)),
            None => Ok(()),
        }
    }

    /// Extends the visibility timeout; answers for each whether its receipt is still good.
    pub async fn extend(&self, held: &[Held], visibility: Duration) -> anyhow::Result<Vec<bool>> {
        let extending: Vec<_> = batches(held)
            .into_iter()
            .map(|batch| self.extend_batch(batch, visibility))
            .collect();
        let lost: Vec<Vec<usize>> = stream::iter(extending).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut kept = vec![true; held.len()];
        lost.into_iter().flatten().for_each(|index| kept[index] = false);
        Ok(kept)
    }

    /// Answers with those whose receipts are lost.
    async fn extend_batch(&self, batch: Batch<'_>, visibility: Duration) -> anyhow::Result<Vec<usize>> {
        let entries = batch.receipts.iter().map(|(index, receipt)| {
            ExtendEntry::builder()
                .id(index.to_string())
                .receipt_handle(*receipt)
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
            .map_err(client::fault)
            .with_context(|| format!("extending messages of {}", self.name(batch.queue, batch.part)))?;
        for failed in answer.failed.iter().filter(|failed| !is_lost(failed)) {
            tracing::warn!(error = said(failed), "SQS did not extend a message");
        }
        let lost = answer.failed.iter().filter(|failed| is_lost(failed));
        Ok(lost.filter_map(|failed| failed.id.parse().ok()).collect())
    }

    /// Makes a message visible again after `delay`; one whose receipt is lost is left to whoever has it now.
    pub async fn release(&self, held: &Held, delay: Duration) -> anyhow::Result<()> {
        let answer = self
            .client
            .change_message_visibility()
            .queue_url(self.url(held.queue, held.lane))
            .receipt_handle(receipt(held))
            .visibility_timeout(whole_seconds(delay))
            .send()
            .await;
        match answer {
            Err(error)
                if error
                    .as_service_error()
                    .and_then(|e| e.code())
                    .is_some_and(is_of_a_lost_receipt) =>
            {
                Ok(())
            }
            Err(error) => Err(client::fault(error)).context("giving a message back"),
            Ok(_) => Ok(()),
        }
    }

    /// Gives a message back as if it had not been received. SQS counts its receives all the same, so a copy that was never
    /// received takes its place where it would wait, or come back like this again and again.
    pub async fn give_back(&self, message: &Message, delay: Duration) -> anyhow::Result<()> {
        let uncounted = message.receives.saturating_sub(message.attempt);
        let needs_copy = !delay.is_zero() || uncounted >= FREE_RECEIVES;
        if !needs_copy || message.fault.is_some() {
            return self.release(&message.held, delay).await;
        }
        self.send_copy(message, delay).await?;
        self.delete(std::slice::from_ref(&message.held)).await
    }
}

fn batches(held: &[Held]) -> Vec<Batch<'_>> {
    let mut queues: BTreeMap<(QueueName, Part), Vec<(usize, &str)>> = BTreeMap::new();
    for (index, held) in held.iter().enumerate() {
        let key = (held.queue, held.lane.into());
        queues.entry(key).or_default().push((index, receipt(held)));
    }
    let batch = |((queue, part), receipts): (_, Vec<_>)| {
        let batches = receipts.chunks(BATCH).map(|some| Batch {
            queue,
            part,
            receipts: some.to_vec(),
        });
        batches.collect::<Vec<_>>()
    };
    queues.into_iter().flat_map(batch).collect()
}

fn receipt(held: &Held) -> &str {
    match &held.receipt {
        Receipt::Sqs(handle) => handle,
        Receipt::Postgres(_) => unreachable!("a message of PostgreSQL is settled by PostgreSQL"),
    }
}

/// Somebody else has the message now, or it is gone.
fn is_lost(failed: &BatchResultErrorEntry) -> bool {
    is_of_a_lost_receipt(&failed.code)
}

/// The names of the JSON protocol and of the older one; an expired handle is an invalid value of the parameter.
fn is_of_a_lost_receipt(code: &str) -> bool {
    ["ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"]
        .iter()
        .any(|name| code.ends_with(name))
}

fn said(failed: &BatchResultErrorEntry) -> String {
    format!("{}: {}", failed.code, failed.message.as_deref().unwrap_or("no message"))
}
