//! Receiving: a long poll of one lane, or of a dead queue.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::types::MessageSystemAttributeName as System;
use time::OffsetDateTime;

use super::wire::{self, Content, Unpacked};
use super::{BATCH, MAX_VISIBILITY, Part, Sqs, client, payloads};
use crate::queue::attempts::{self, Standing};
use crate::queue::{Held, Lane, Message, QueueName, Receipt};

/// A collector has this long for what it received.
const COLLECT_WITHIN: Duration = Duration::from_secs(60);

/// A message of a dead queue.
#[derive(Debug)]
pub struct Collected {
    /// Its `held` is of no use: it is in the dead queue.
    pub message: Message,
    pub standing: Standing,
    pub(super) receipt: String,
}

impl Sqs {
    /// Receives up to `limit` messages of a lane, ten at most, and hides them for `visibility`.
    pub async fn receive(
        &self,
        queue: QueueName,
        lane: Lane,
        limit: u32,
        visibility: Duration,
    ) -> anyhow::Result<Vec<Message>> {
        // SQS counts every receive: nothing is received while the database can not say what is known of it.
        drop(self.db.acquire().await?);
        let unpacked = self.take(queue, lane.into(), limit, visibility).await?;
        self.cache.received(queue, &unpacked);
        let complete = self.complete(queue, unpacked).await?;
        let messages = complete.into_iter().map(|(receipt, mut message, _)| {
            message.held.lane = lane;
            message.held.receipt = Receipt::Sqs(Arc::from(receipt));
            message
        });
        Ok(messages.collect())
    }

    /// Receives messages that SQS gave up on.
    pub async fn collect(&self, queue: QueueName) -> anyhow::Result<Vec<Collected>> {
        drop(self.db.acquire().await?);
        let unpacked = self.take(queue, Part::Dead, BATCH as u32, COLLECT_WITHIN).await?;
        let complete = self.complete(queue, unpacked).await?;
        let collected = complete.into_iter().map(|(receipt, message, standing)| Collected {
            message,
            standing,
            receipt,
        });
        Ok(collected.collect())
    }

    async fn take(
        &self,
        queue: QueueName,
        part: Part,
        limit: u32,
        visibility: Duration,
    ) -> anyhow::Result<Vec<Unpacked>> {
        let wait = self.queues.long_poll_seconds.cast_signed();
        let received = self
            .client
            .receive_message()
            .queue_url(self.url(queue, part))
            .max_number_of_messages(limit.clamp(1, BATCH as u32).cast_signed())
            .visibility_timeout(whole_seconds(visibility))
            .wait_time_seconds(wait)
            .message_system_attribute_names(System::ApproximateReceiveCount)
            .message_system_attribute_names(System::SentTimestamp)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(client::fault)
            .with_context(|| format!("receiving from {}", self.name(queue, part)))?;
        Ok(received
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(wire::unpack)
            .collect())
    }

    /// Adds what SQS does not know: the payload that is elsewhere, and how often it has failed.
    async fn complete(
        &self,
        queue: QueueName,
        unpacked: Vec<Unpacked>,
    ) -> anyhow::Result<Vec<(String, Message, Standing)>> {
        let keys: Vec<_> = unpacked.iter().map(|message| (message.id, message.redrives)).collect();
        let known = match keys.is_empty() {
            true => Default::default(),
            false => attempts::standing(&self.db, &keys).await?,
        };
        let mut complete = Vec::with_capacity(unpacked.len());
        for mut message in unpacked {
            let standing = known.get(&(message.id, message.redrives)).copied().unwrap_or_default();
            let content = std::mem::replace(&mut message.content, Content::Here(serde_json::Value::Null));
            match self.payload(content).await {
                Ok(payload) => complete.push(assemble(queue, message, payload, standing)),
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
    queue: QueueName,
    unpacked: Unpacked,
    (payload, fault): (serde_json::Value, Option<String>),
    standing: Standing,
) -> (String, Message, Standing) {
    let age = OffsetDateTime::now_utc() - unpacked.sent_at;
    let age = Duration::try_from(age).unwrap_or_default();
    let message = Message {
        held: Held {
            id: unpacked.id,
            queue,
            lane: unpacked.lane,
            receipt: Receipt::Sqs(Arc::from("")),
        },
        payload,
        upload_id: unpacked.upload_id,
        attempt: standing.failures + 1,
        receives: unpacked.receives,
        redrives: unpacked.redrives,
        buried: standing.buried,
        enqueued_at: unpacked.enqueued_at,
        // When it became visible again after an earlier receive, nobody knows.
        waited: match unpacked.receives {
            1 => age.saturating_sub(unpacked.delay),
            _ => Duration::ZERO,
        },
        fault,
    };
    (unpacked.receipt, message, standing)
}

/// At least as long, as far as SQS goes.
pub(super) fn whole_seconds(visibility: Duration) -> i32 {
    visibility.min(MAX_VISIBILITY).as_secs_f64().ceil() as i32
}
