//! Receiving: a long poll of one lane, or of a dead-letter queue.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::types::MessageSystemAttributeName as System;
use time::OffsetDateTime;
use tradepost_common::queues::Lane;

use super::wire::{self, Content, Unpacked};
use super::{MAX_BATCH, MAX_VISIBILITY, Part, Sqs, error, payloads};
use crate::attempts::{self, FailureCount};
use crate::message::{InFlight, Message, Queue, ReceiptHandle};

/// The visibility timeout of what the collector receives.
const COLLECT_VISIBILITY: Duration = Duration::from_secs(60);

/// A message of a dead-letter queue.
#[derive(Debug)]
pub struct Collected {
    /// `in_flight` has no receipt handle of its lane.
    pub message: Message,
    pub failures: FailureCount,
    pub(super) receipt_handle: String,
}

impl Sqs {
    /// Receives up to `limit` messages of a lane, ten at most, and hides them for `visibility`.
    pub async fn receive(
        &self,
        queue: Queue,
        lane: Lane,
        limit: u32,
        visibility: Duration,
    ) -> anyhow::Result<Vec<Message>> {
        // SQS counts every receive: nothing is received while the database can not tell the failures.
        drop(self.db.acquire().await?);
        let unpacked = self.take(queue, lane.into(), limit, visibility).await?;
        self.cache.received(queue, &unpacked);
        let complete = self.complete(queue, unpacked).await?;
        let messages = complete.into_iter().map(|(receipt_handle, mut message, _)| {
            message.in_flight.lane = lane;
            message.in_flight.receipt_handle = ReceiptHandle::Sqs(Arc::from(receipt_handle));
            message
        });
        Ok(messages.collect())
    }

    /// Receives messages that SQS dead-lettered.
    pub async fn collect(&self, queue: Queue) -> anyhow::Result<Vec<Collected>> {
        drop(self.db.acquire().await?);
        let unpacked = self
            .take(queue, Part::Dead, MAX_BATCH as u32, COLLECT_VISIBILITY)
            .await?;
        let complete = self.complete(queue, unpacked).await?;
        let collected = complete
            .into_iter()
            .map(|(receipt_handle, message, failures)| Collected {
                message,
                failures,
                receipt_handle,
            });
        Ok(collected.collect())
    }

    async fn take(&self, queue: Queue, part: Part, limit: u32, visibility: Duration) -> anyhow::Result<Vec<Unpacked>> {
        let wait = self.config.long_poll_seconds.cast_signed();
        let received = self
            .client
            .receive_message()
            .queue_url(self.url(queue, part))
            .max_number_of_messages(limit.clamp(1, MAX_BATCH as u32).cast_signed())
            .visibility_timeout(whole_seconds(visibility))
            .wait_time_seconds(wait)
            .message_system_attribute_names(System::ApproximateReceiveCount)
            .message_system_attribute_names(System::SentTimestamp)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(error::from_sdk)
            .with_context(|| format!("receiving from {}", self.name(queue, part)))?;
        Ok(received
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(wire::unpack)
            .collect())
    }

    /// Adds what SQS does not know: payloads that are elsewhere, and failures.
    async fn complete(
        &self,
        queue: Queue,
        unpacked: Vec<Unpacked>,
    ) -> anyhow::Result<Vec<(String, Message, FailureCount)>> {
        let keys: Vec<_> = unpacked.iter().map(|message| (message.id, message.redrives)).collect();
        let known = match keys.is_empty() {
            true => Default::default(),
            false => attempts::failure_counts(&self.db, &keys).await?,
        };
        let mut complete = Vec::with_capacity(unpacked.len());
        for mut message in unpacked {
            let failures = known.get(&(message.id, message.redrives)).copied().unwrap_or_default();
            let content = std::mem::replace(&mut message.content, Content::Here(serde_json::Value::Null));
            match self.payload(content).await {
                Ok(payload) => complete.push(assemble(queue, message, payload, failures)),
                Err(error) => {
                    // Its visibility timeout brings it back.
                    tracing::warn!(message.id = %message.id, %error, "could not read the payload of a message");
                }
            }
        }
        Ok(complete)
    }

    async fn payload(&self, content: Content) -> std::io::Result<(serde_json::Value, Option<String>)> {
        let content = match content {
            Content::At(key) => payloads::get(&self.store, &key).await?,
            here => here,
        };
        Ok(match content {
            Content::Here(payload) => (payload, None),
            Content::Broken(instead, fault) => (instead, Some(fault)),
            Content::At(_) => unreachable!("the store holds payloads, no pointers"),
        })
    }
}

fn assemble(
    queue: Queue,
    unpacked: Unpacked,
    (payload, fault): (serde_json::Value, Option<String>),
    failures: FailureCount,
) -> (String, Message, FailureCount) {
    let age = OffsetDateTime::now_utc() - unpacked.sent_at;
    let age = Duration::try_from(age).unwrap_or_default();
    let message = Message {
        in_flight: InFlight {
            id: unpacked.id,
            queue,
            lane: unpacked.lane,
            receipt_handle: ReceiptHandle::Sqs(Arc::from("")),
        },
        payload,
        correlation_id: unpacked.correlation_id,
        trace_parent: unpacked.trace_parent,
        attempt: failures.failures + 1,
        receives: unpacked.receives,
        redrives: unpacked.redrives,
        is_dead_lettered: failures.is_dead_lettered,
        enqueued_at: unpacked.enqueued_at,
        // SQS does not tell when it became visible again after an earlier receive.
        waited: match unpacked.receives {
            1 => age.saturating_sub(unpacked.delay),
            _ => Duration::ZERO,
        },
        fault,
    };
    (unpacked.receipt_handle, message, failures)
}

/// Rounds up to whole seconds, at most what SQS takes.
pub(super) fn whole_seconds(visibility: Duration) -> i32 {
    visibility.min(MAX_VISIBILITY).as_secs_f64().ceil() as i32
}
