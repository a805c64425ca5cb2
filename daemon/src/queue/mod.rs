//! Queues: the contract, its two backends, the one worker loop, and what becomes of messages that fail too often.
//!
//! A message is delivered at least once: it is received with a receipt and stays invisible for the visibility timeout;
//! whoever holds the receipt may extend, release or delete it; an expired receipt is worth nothing. Handlers are idempotent.
//! A feature sends through the [`Broker`] inside its own transaction, whichever backend runs.

mod broker;
pub mod collector;
pub mod outbox;
pub mod postgres;
pub mod sqs;

mod in_hand;
pub mod settings;
pub mod slots;
pub mod stats;
pub mod wake;
pub mod worker;

pub mod attempts;
pub mod dead;

pub use broker::{Broker, Poll, connect};

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tradepost_common::ids::{MessageId, UploadId};

/// Every queue there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// Is the uploaded pack a ZIP, and does clamd call its exact bytes clean?
    Scan,
    /// Open the pack in the jail, validate its manifest, create the drafts.
    Unpack,
    /// Scan, check and render one file.
    Render,
    /// Make the contact sheet and settle the upload, once all its files are settled.
    Preview,
}

impl QueueName {
    pub const ALL: [Self; 4] = [Self::Scan, Self::Unpack, Self::Render, Self::Preview];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Unpack => "unpack",
            Self::Render => "render",
            Self::Preview => "preview",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == text)
    }

    /// Handlers that run at once when the configuration does not say.
    pub fn default_concurrency(self, cores: u32) -> u32 {
        match self {
            Self::Scan => 2,
            Self::Unpack => 1,
            Self::Render => cores * 2,
            Self::Preview => 1,
        }
    }

    /// Whether work on this queue makes sense while the scanner is away.
    pub fn needs(self) -> Needs {
        match self {
            Self::Scan | Self::Render => Needs::Scanner,
            Self::Unpack | Self::Preview => Needs::Nothing,
        }
    }
}

/// What must be up before a queue is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Scanner,
}

/// Interactive work goes before bulk work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Lane {
    Interactive = 0,
    Bulk = 1,
}

impl Lane {
    pub const ALL: [Self; 2] = [Self::Interactive, Self::Bulk];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Bulk => "bulk",
        }
    }

    /// The lane that a column of the database means; its check knows no third.
    pub fn from_column(column: i16) -> Self {
        if column == Self::Bulk as i16 {
            Self::Bulk
        } else {
            Self::Interactive
        }
    }
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub id: MessageId,
    pub queue: QueueName,
    pub lane: Lane,
    pub payload: serde_json::Value,
    /// The upload it is about, for the trace.
    pub upload_id: Option<UploadId>,
    /// How often it came back from the dead letters.
    pub redrives: u32,
    pub delay: Duration,
}

impl NewMessage {
    /// A message of the interactive lane that is visible at once.
    pub fn new(queue: QueueName, upload_id: UploadId, payload: &impl serde::Serialize) -> Self {
        Self {
            id: MessageId::new(),
            queue,
            lane: Lane::Interactive,
            payload: serde_json::to_value(payload).expect("a job is always JSON"),
            upload_id: Some(upload_id),
            redrives: 0,
            delay: Duration::ZERO,
        }
    }

    pub fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

/// What proves that a message is ours to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    Postgres(uuid::Uuid),
    /// The receipt handle.
    Sqs(Arc<str>),
}

/// A message in hand, as far as settling it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub id: MessageId,
    pub queue: QueueName,
    pub lane: Lane,
    pub receipt: Receipt,
}

/// A received message and the right to settle it.
#[derive(Debug, Clone)]
pub struct Message {
    pub held: Held,
    pub payload: serde_json::Value,
    pub upload_id: Option<UploadId>,
    /// 1 at the first: the attempts that failed since it was sent or redriven, and this one.
    pub attempt: u32,
    /// How often it was delivered since, to workers that died too.
    pub receives: u32,
    pub redrives: u32,
    /// A copy of a message that is a dead letter already; never so on PostgreSQL.
    pub buried: bool,
    pub enqueued_at: OffsetDateTime,
    /// How long it had been visible when it was received.
    pub waited: Duration,
    /// Why its payload is not what was sent: no handler can do anything with it.
    pub fault: Option<String>,
}

impl Message {
    pub fn id(&self) -> MessageId {
        self.held.id
    }

    pub fn queue(&self) -> QueueName {
        self.held.queue
    }
}

/// The state of one queue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Depth {
    pub ready: i64,
    pub in_flight: i64,
    pub delayed: i64,
    pub oldest_age_seconds: Option<f64>,
}

/// How a handler ended, when it did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The world is not ready: come back after this time. Does not count as an attempt.
    Retry(Duration),
    /// The message makes no sense any more.
    Discard(String),
}

/// The delay before the next attempt: doubles from `base`, at most 15 minutes, with up to 25 % of jitter.
pub fn backoff(base: Duration, attempt: u32) -> Duration {
    let doubled = base.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled
        .min(Duration::from_secs(900))
        .mul_f64(rand::random_range(0.75..1.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_within_its_jitter() {
        for attempt in 1..=40 {
            let exact = 2.0 * f64::from(1u32 << (attempt - 1).min(16));
            let delay = backoff(Duration::from_secs(2), attempt).as_secs_f64();
            assert!(
                (exact.min(900.0) * 0.75..=exact.min(900.0) * 1.25).contains(&delay),
                "{attempt}: {delay}"
            );
        }
    }
}
