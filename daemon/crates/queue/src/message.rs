//! A message, from sending to settling.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tradepost_common::ids::MessageId;
use tradepost_common::queues::Lane;
use uuid::Uuid;

/// The longest delay between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(900);

/// The longest time for which a message lets others of its lane pass.
pub const MAX_YIELD: Duration = Duration::from_secs(600);

/// A queue, known by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Queue(&'static str);

impl Queue {
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Finds a queue by its name.
    pub fn parse(name: &str, queues: &[Self]) -> Option<Self> {
        queues.iter().copied().find(|queue| queue.0 == name)
    }
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub id: MessageId,
    pub queue: Queue,
    pub lane: Lane,
    /// The text in its field `path`, if any, tells people what the message is about.
    pub payload: serde_json::Value,
    /// Messages with the same id belong together.
    pub correlation_id: Option<Uuid>,
    /// The span that sends it, as the header field `traceparent` of W3C Trace Context.
    pub trace_parent: Option<String>,
    /// Redrives so far.
    pub redrives: u32,
    pub delay: Duration,
    /// Messages of its lane that are sent within this time go first, at most [`MAX_YIELD`], and keep the last third of the handlers for themselves.
    /// It is received at once where there are none. SQS keeps no order, so it has no meaning there, and none beside a delay.
    pub yields: Duration,
}

impl NewMessage {
    /// A message of the interactive lane that is visible at once.
    pub fn new(queue: Queue, payload: &impl serde::Serialize) -> Self {
        Self {
            id: MessageId::new(),
            queue,
            lane: Lane::Interactive,
            payload: serde_json::to_value(payload).expect("a payload is always JSON"),
            correlation_id: None,
            trace_parent: None,
            redrives: 0,
            delay: Duration::ZERO,
            yields: Duration::ZERO,
        }
    }

    pub fn with_correlation(self, id: impl Into<Option<Uuid>>) -> Self {
        Self {
            correlation_id: id.into(),
            ..self
        }
    }

    pub fn with_delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub fn with_yield(self, yields: Duration) -> Self {
        Self { yields, ..self }
    }

    pub fn with_lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }
}

/// Proves that a received message may be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptHandle {
    Postgres(Uuid),
    Sqs(Arc<str>),
}

/// A message in flight, as far as settling needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    pub id: MessageId,
    pub queue: Queue,
    pub lane: Lane,
    pub receipt_handle: ReceiptHandle,
}

/// A received message and the right to settle it.
#[derive(Debug, Clone)]
pub struct Message {
    pub in_flight: InFlight,
    pub payload: serde_json::Value,
    pub correlation_id: Option<Uuid>,
    pub trace_parent: Option<String>,
    /// The failed attempts since it was sent or redriven, plus one.
    pub attempt: u32,
    /// Deliveries since it was sent or redriven; those to workers that crashed count.
    pub receives: u32,
    pub redrives: u32,
    /// Another copy of it is a dead letter. Never true on PostgreSQL.
    pub is_dead_lettered: bool,
    pub enqueued_at: OffsetDateTime,
    /// Time between becoming visible and being received.
    pub waited: Duration,
    /// The reason why its payload is not what was sent; no handler can run.
    pub fault: Option<String>,
}

impl Message {
    pub fn id(&self) -> MessageId {
        self.in_flight.id
    }

    pub fn queue(&self) -> Queue {
        self.in_flight.queue
    }

    pub fn lane(&self) -> Lane {
        self.in_flight.lane
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

/// The end of a handler that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Not possible yet: the message is delivered again after this time. No attempt is counted.
    Retry(Duration),
    /// The message makes no sense any more, for this reason. It is deleted.
    Discard(String),
}

/// The delay before the next attempt: doubles from `base`, at most 15 minutes, with 25 % of jitter.
pub fn backoff(base: Duration, attempt: u32) -> Duration {
    let doubled = base.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled.min(MAX_BACKOFF).mul_f64(rand::random_range(0.75..1.25))
}

/// The name of this process as a worker: `host:pid`.
pub fn worker_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
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
