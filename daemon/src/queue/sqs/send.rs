//! Sending: batches of ten and of limited size, judged entry by entry.

use std::collections::BTreeMap;

use aws_sdk_sqs::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
use futures_util::stream::{self, StreamExt as _};
use time::OffsetDateTime;

use super::receive::whole_seconds;
use super::wire::{self, Packed};
use super::{AT_ONCE, BATCH, MAX_DELAY, Part, Sqs, client, payloads};
use crate::queue::{Message, NewMessage, QueueName};

/// A message on its way to SQS.
#[derive(Debug, Clone)]
pub struct Parcel {
    pub message: NewMessage,
    /// When the feature enqueued it.
    pub enqueued_at: OffsetDateTime,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    Sent,
    /// SQS does not take this message; another try will not help.
    Refused(String),
    /// It has nothing to do with the message.
    Failed(String),
}

/// Some messages of one queue of SQS, by their place in the call.
struct Batch {
    queue: QueueName,
    part: Part,
    entries: Vec<(usize, Packed, i32)>,
}

impl Sqs {
    /// Sends messages. Answers with what became of each; some may have been sent although nobody knows.
    pub async fn send(&self, parcels: &[Parcel]) -> Vec<Sending> {
        let max_bytes = self.queues.sqs_max_bytes as usize;
        let mut packed: Vec<_> = parcels.iter().map(|parcel| wire::pack(parcel, max_bytes)).collect();
        let objects = packed.iter_mut().filter_map(|packed| packed.stored.take()).collect();
        if let Err(error) = payloads::put(&self.store, objects).await {
            return vec![Sending::Failed(format!("storing large payloads: {error}")); parcels.len()];
        }
        let sending: Vec<_> = batches(parcels, packed, max_bytes)
            .into_iter()
            .map(|batch| self.send_batch(batch))
            .collect();
        let sent: Vec<_> = stream::iter(sending).buffer_unordered(AT_ONCE).collect().await;
        let mut outcomes = vec![Sending::Failed("SQS did not say what became of it".to_owned()); parcels.len()];
        for (index, outcome) in sent.into_iter().flatten() {
            outcomes[index] = outcome;
        }
        outcomes
    }

    /// Sends a copy of a message in hand, with the same id.
    pub(super) async fn send_copy(&self, message: &Message, delay: std::time::Duration) -> anyhow::Result<()> {
        let copy = Parcel {
            message: NewMessage {
                id: message.id(),
                queue: message.queue(),
                lane: message.held.lane,
                payload: message.payload.clone(),
                upload_id: message.upload_id,
                redrives: message.redrives,
                delay: delay.min(MAX_DELAY),
            },
            enqueued_at: message.enqueued_at,
        };
        match self.send(&[copy]).await.remove(0) {
            Sending::Sent => Ok(()),
            Sending::Refused(error) | Sending::Failed(error) => anyhow::bail!("sending a copy: {error}"),
        }
    }

    async fn send_batch(&self, batch: Batch) -> Vec<(usize, Sending)> {
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
                let sent = answer.successful.into_iter().map(|done| (done.id, Sending::Sent));
                let failed = answer.failed.into_iter().map(|failed| {
                    let said = format!("{}: {}", failed.code, failed.message.as_deref().unwrap_or("no message"));
                    let is_its_own = failed.sender_fault && !is_passing(&failed.code);
                    let become_of = if is_its_own { Sending::Refused } else { Sending::Failed };
                    (failed.id, become_of(said))
                });
                let all = sent.chain(failed);
                all.filter_map(|(id, outcome)| Some((id.parse().ok()?, outcome)))
                    .collect()
            }
            Err(error) if is_too_much(&error) && batch.entries.len() > 1 => {
                let mut outcomes = Vec::new();
                for entry in batch.entries {
                    let single = Batch {
                        entries: vec![entry],
                        ..batch
                    };
                    outcomes.extend(Box::pin(self.send_batch(single)).await);
                }
                outcomes
            }
            Err(error) => {
                let become_of = if is_too_much(&error) {
                    Sending::Refused
                } else {
                    Sending::Failed
                };
                let said = format!("{:#}", client::fault(error));
                let indices = batch.entries.iter().map(|(index, ..)| *index);
                indices.map(|index| (index, become_of(said.clone()))).collect()
            }
        }
    }
}

/// The whole batch was refused for what is in it.
fn is_too_much(error: &SdkError<SendMessageBatchError>) -> bool {
    let code = error.as_service_error().and_then(|said| said.code());
    code.is_some_and(|code| {
        ["BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue"]
            .iter()
            .any(|name| code.ends_with(name))
    })
}

/// SQS calls it the sender's fault, but the message is not to blame.
fn is_passing(code: &str) -> bool {
    ["Throttl", "OverLimit", "AccessDenied", "Kms", "KMS"]
        .iter()
        .any(|part| code.contains(part))
}

/// Batches of one queue each, of at most ten messages and `max_bytes`.
fn batches(parcels: &[Parcel], packed: Vec<Packed>, max_bytes: usize) -> Vec<Batch> {
    let mut full = Vec::new();
    let mut open: BTreeMap<(QueueName, Part), (usize, Batch)> = BTreeMap::new();
    for (index, (parcel, packed)) in parcels.iter().zip(packed).enumerate() {
        let (queue, part) = (parcel.message.queue, Part::from(parcel.message.lane));
        let new = || Batch {
            queue,
            part,
            entries: Vec::new(),
        };
        let (bytes, batch) = open.entry((queue, part)).or_insert_with(|| (0, new()));
        let size = packed.size_bytes();
        if batch.entries.len() == BATCH || (*bytes + size > max_bytes && !batch.entries.is_empty()) {
            full.push(std::mem::replace(batch, new()));
            *bytes = 0;
        }
        *bytes += size;
        let delay = whole_seconds(parcel.message.delay.min(MAX_DELAY));
        batch.entries.push((index, packed, delay));
    }
    full.extend(open.into_values().map(|(_, batch)| batch));
    full
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tradepost_common::ids::UploadId;

    use super::*;
    use crate::queue::Lane;

    fn sizes(lengths: &[usize], lane: impl Fn(usize) -> Lane) -> Vec<usize> {
        let parcel = |(n, length): (usize, &usize)| Parcel {
            message: NewMessage {
                lane: lane(n),
                ..NewMessage::new(QueueName::Scan, UploadId::new(), &json!("x".repeat(*length)))
            },
            enqueued_at: OffsetDateTime::now_utc(),
        };
        let parcels: Vec<_> = lengths.iter().enumerate().map(parcel).collect();
        let packed = parcels.iter().map(|parcel| wire::pack(parcel, 4_096)).collect();
        let batches = batches(&parcels, packed, 4_096);
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
