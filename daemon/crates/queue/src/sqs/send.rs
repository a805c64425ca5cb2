//! Sending: batches of ten and of limited size, with a result for each message.

use std::collections::BTreeMap;

use aws_sdk_sqs::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
use futures_util::stream::{self, StreamExt as _};
use time::OffsetDateTime;

use super::receive::whole_seconds;
use super::wire::{self, Packed};
use super::{MAX_BATCH, MAX_DELAY, MAX_REQUESTS, Part, Sqs, error};
use crate::message::{Message, NewMessage, Queue};

/// A message on its way to SQS.
#[derive(Debug, Clone)]
pub struct OutboxMessage {
    pub message: NewMessage,
    /// The time of the transaction that sent it.
    pub enqueued_at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendResult {
    Sent,
    /// SQS refuses this message; another try will not help.
    Refused(String),
    /// The fault is not in the message.
    Failed(String),
}

/// Messages of one queue of SQS, with their indices in the call.
struct SendBatch {
    queue: Queue,
    part: Part,
    entries: Vec<(usize, Packed, i32)>,
}

impl Sqs {
    /// Sends messages, with a result for each. A failed one may have been sent all the same.
    pub async fn send(&self, messages: &[&OutboxMessage]) -> Vec<SendResult> {
        let max_bytes = self.config.max_bytes as usize;
        let mut packed: Vec<_> = messages.iter().map(|message| wire::pack(message, max_bytes)).collect();
        let large: Vec<_> = packed.iter_mut().filter_map(|packed| packed.stored.take()).collect();
        if !large.is_empty()
            && let Err(error) = self.store.put_content(large).await
        {
            return vec![SendResult::Failed(format!("storing large payloads: {error}")); messages.len()];
        }
        let sending: Vec<_> = batches(messages, packed, max_bytes)
            .into_iter()
            .map(|batch| self.send_batch(batch))
            .collect();
        let sent: Vec<_> = stream::iter(sending).buffer_unordered(MAX_REQUESTS).collect().await;
        let mut outcomes = vec![SendResult::Failed("SQS did not say what became of it".to_owned()); messages.len()];
        for (index, outcome) in sent.into_iter().flatten() {
            outcomes[index] = outcome;
        }
        outcomes
    }

    /// Sends a copy of a message in flight, with the same id.
    pub(super) async fn send_copy(&self, message: &Message, delay: std::time::Duration) -> anyhow::Result<()> {
        let copy = OutboxMessage {
            message: NewMessage {
                id: message.id(),
                queue: message.queue(),
                lane: message.lane(),
                payload: message.payload.clone(),
                correlation_id: message.correlation_id,
                trace_parent: message.trace_parent.clone(),
                redrives: message.redrives,
                delay: delay.min(MAX_DELAY),
                yields: std::time::Duration::ZERO,
            },
            enqueued_at: message.enqueued_at,
        };
        match self.send(&[&copy]).await.remove(0) {
            SendResult::Sent => Ok(()),
            SendResult::Refused(error) | SendResult::Failed(error) => anyhow::bail!("sending a copy: {error}"),
        }
    }

    async fn send_batch(&self, batch: SendBatch) -> Vec<(usize, SendResult)> {
        let entries = batch.entries.iter().map(|(index, packed, delay)| {
            Entry::builder()
                .id(index.to_string())
                .message_body(&packed.body)
                .set_message_attributes(Some(packed.attributes()))
                .set_delay_seconds((*delay > 0).then_some(*delay))
                .build()
                .expect("an entry has an id and a body")
        });
        let answer = self
            .client
            .send_message_batch()
            .queue_url(self.url(batch.queue, batch.part))
            .set_entries(Some(entries.collect()))
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let sent = answer.successful.into_iter().map(|done| (done.id, SendResult::Sent));
                let failed = answer.failed.into_iter().map(|failed| {
                    let text = format!("{}: {}", failed.code, failed.message.as_deref().unwrap_or("no message"));
                    let is_final = failed.sender_fault && !is_passing(&failed.code);
                    let result = if is_final {
                        SendResult::Refused
                    } else {
                        SendResult::Failed
                    };
                    (failed.id, result(text))
                });
                let all = sent.chain(failed);
                all.filter_map(|(id, outcome)| Some((id.parse().ok()?, outcome)))
                    .collect()
            }
            Err(error) if is_too_much(&error) && batch.entries.len() > 1 => {
                let mut outcomes = Vec::new();
                for entry in batch.entries {
                    let single = SendBatch {
                        entries: vec![entry],
                        ..batch
                    };
                    outcomes.extend(Box::pin(self.send_batch(single)).await);
                }
                outcomes
            }
            Err(error) => {
                let result = if is_too_much(&error) {
                    SendResult::Refused
                } else {
                    SendResult::Failed
                };
                let text = format!("{:#}", error::from_sdk(error));
                let indices = batch.entries.iter().map(|(index, ..)| *index);
                indices.map(|index| (index, result(text.clone()))).collect()
            }
        }
    }
}

/// The whole batch was refused for its content.
fn is_too_much(error: &SdkError<SendMessageBatchError>) -> bool {
    let code = error.as_service_error().and_then(|answer| answer.code());
    code.is_some_and(|code| {
        ["BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue"]
            .iter()
            .any(|name| code.ends_with(name))
    })
}

/// An error that SQS attributes to the sender, but not to the message.
fn is_passing(code: &str) -> bool {
    ["Throttl", "OverLimit", "AccessDenied", "Kms", "KMS"]
        .iter()
        .any(|part| code.contains(part))
}

/// Batches of one queue each, of at most ten messages and `max_bytes`.
fn batches(messages: &[&OutboxMessage], packed: Vec<Packed>, max_bytes: usize) -> Vec<SendBatch> {
    let mut full = Vec::new();
    let mut open: BTreeMap<(Queue, Part), (usize, SendBatch)> = BTreeMap::new();
    for (index, (message, packed)) in messages.iter().zip(packed).enumerate() {
        let (queue, part) = (message.message.queue, Part::from(message.message.lane));
        let new = || SendBatch {
            queue,
            part,
            entries: Vec::new(),
        };
        let (bytes, batch) = open.entry((queue, part)).or_insert_with(|| (0, new()));
        let size = packed.size_bytes();
        if batch.entries.len() == MAX_BATCH || (*bytes + size > max_bytes && !batch.entries.is_empty()) {
            full.push(std::mem::replace(batch, new()));
            *bytes = 0;
        }
        *bytes += size;
        let delay = whole_seconds(message.message.delay.min(MAX_DELAY));
        batch.entries.push((index, packed, delay));
    }
    full.extend(open.into_values().map(|(_, batch)| batch));
    full
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tradepost_common::queues::Lane;

    use super::*;

    fn sizes(lengths: &[usize], lane: impl Fn(usize) -> Lane) -> Vec<usize> {
        let message = |(n, length): (usize, &usize)| OutboxMessage {
            message: NewMessage {
                lane: lane(n),
                ..NewMessage::new(Queue::new("scan"), &json!("x".repeat(*length)))
            },
            enqueued_at: OffsetDateTime::now_utc(),
        };
        let messages: Vec<_> = lengths.iter().enumerate().map(message).collect();
        let messages: Vec<_> = messages.iter().collect();
        let packed = messages.iter().map(|message| wire::pack(message, 4_096)).collect();
        let batches = batches(&messages, packed, 4_096);
        let mut seen: Vec<_> = batches
            .iter()
            .flat_map(|b| b.entries.iter().map(|(index, ..)| *index))
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>(), "each is in one batch");
        batches.iter().map(|batch| batch.entries.len()).collect()
    }

    #[test]
    fn batches_are_of_ten_of_one_queue_and_not_too_large() {
        assert_eq!(sizes(&[1; 25], |_| Lane::Bulk), [10, 10, 5]);
        assert_eq!(sizes(&[1; 4], |n| Lane::ALL[n % 2]), [2, 2]);
        assert_eq!(sizes(&[1_500, 1_500, 1_500, 9_000, 9_000], |_| Lane::Bulk), [2, 3]);
        assert!(sizes(&[], |_| Lane::Bulk).is_empty());
    }
}
