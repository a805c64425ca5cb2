//! Screen 2, queues: `GET /v1/queues`, `POST /v1/queues/{name}/pause | resume`, `POST /v1/queues/{name}/concurrency` ([`SetConcurrency`]).
//!
//! All three acts survive a restart, and answer with the [`QueueRow`].

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{MessageId, UploadId};

crate::text_enum! {
    /// The backend that carries the messages.
    pub enum Backend {
        /// Tables of the database.
        Postgres = "postgres",
        /// Amazon SQS, or a server that speaks its protocol.
        Sqs = "sqs",
    }
}

crate::text_enum! {
    /// A priority of a queue: interactive messages come before bulk ones.
    pub enum Lane {
        Interactive = "interactive",
        Bulk = "bulk",
    }
}

impl Lane {
    /// Reads the number in a column of the database, whose check knows no third lane.
    pub fn from_column(column: i16) -> Self {
        if column == Self::Bulk as i16 {
            Self::Bulk
        } else {
            Self::Interactive
        }
    }
}

crate::text_enum! {
    /// The consequence of a failed attempt.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum AttemptOutcome {
        /// Another attempt.
        Retry = "retry",
        /// A dead letter.
        Dead = "dead",
    }
}

/// One failed attempt at a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub queue: String,
    pub message_id: MessageId,
    pub attempt: i32,
    /// The file the message is about, where it is about one.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub file: Option<String>,
    #[cfg_attr(feature = "openapi", schema(max_length = 2_000))]
    pub error: String,
    pub outcome: AttemptOutcome,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub duration_ms: i64,
}

/// One queue now. Rates are over the last 10 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueRow {
    /// The name of the queue.
    pub name: String,
    /// Ready to be received.
    pub depth: i64,
    /// Received, not yet deleted.
    pub in_flight: i64,
    /// Not visible yet: delayed, or waiting for its next attempt.
    pub delayed: i64,
    pub dead: i64,
    /// The waiting time of the oldest ready message; with SQS, estimated from the last received messages.
    pub oldest_age_seconds: Option<f64>,
    /// Messages that this daemon sent.
    pub sent_per_second: f64,
    pub done_per_second: f64,
    pub failed_per_second: f64,
    /// Handlers running now in this daemon.
    pub working: u32,
    /// Processes that work on the queue, on all machines.
    pub workers: u32,
    /// Handlers that each of them runs at once.
    pub concurrency: u32,
    /// The operator who changed the configured concurrency.
    pub concurrency_by: Option<String>,
    pub paused: bool,
    /// The operator who paused it.
    pub paused_by: Option<String>,
    /// Messages done in each of the last 60 s, oldest first.
    pub done_history: Vec<u32>,
    /// Messages sent in each of the last 60 s, oldest first.
    pub sent_history: Vec<u32>,
    /// Jobs that have been running for a second or more, on all machines; the longest first, at most 100 of a process.
    #[serde(default)]
    pub running: Vec<RunningJob>,
    pub backend: Backend,
}

/// A job whose handler runs now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningJob {
    pub message_id: MessageId,
    pub queue: String,
    /// The kind of the job.
    pub job: String,
    /// The file the message is about, where it is about one.
    pub file: Option<String>,
    pub upload_id: Option<UploadId>,
    pub lane: Lane,
    /// This one: failed attempts of the run, plus one.
    pub attempt: u32,
    /// Counts from 1; a redrive begins the next.
    pub run: u32,
    /// The process: `host:pid`.
    pub worker: String,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
}

/// Another concurrency for a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetConcurrency {
    /// Handlers that run at once, 1 to 1,000; `None`: as configured.
    pub concurrency: Option<u32>,
}
