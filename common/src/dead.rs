//! Screen 3, dead letters: messages that failed too often, kept in PostgreSQL whichever queue backend runs.
//!
//! - `GET /v1/dead/groups?queue=&text=`: by queue and fingerprint ([`DeadGroups`])
//! - `GET /v1/dead?queue=&fingerprint=&text=&upload=&redriven=&cursor=&limit=`: newest first ([`DeadPage`])
//! - `GET /v1/dead/{id}`: everything about one ([`DeadDetail`])
//! - `POST /v1/dead/{id}/check`: what sending it with another payload would do ([`Edit`] to [`EditCheck`]); changes nothing
//! - `POST /v1/dead/{id}/edit`: sends it with another payload ([`Edit`] to [`Operation`](crate::operations::Operation))
//!
//! Bulk acts are operations: see [`crate::operations`].

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{ItemId, MessageId, OperationId, SetId, UploadId};
use crate::problem::Fault;
use crate::queues::{Attempt, Backend, Lane};

/// Dead letters of one queue that failed for the same reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadGroup {
    pub queue: String,
    /// 16 hexadecimal digits: what errors of one cause have in common, hashed.
    pub fingerprint: String,
    /// The error of the newest of them.
    pub error: String,
    pub messages: i64,
    /// Those that were redriven before and failed again.
    pub refailed: i64,
    /// The first of this cause, even if it has left since.
    #[serde(with = "time::serde::rfc3339")]
    pub first_died_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub last_died_at: OffsetDateTime,
}

/// The state of the list that an operator saw: a selection means these dead letters and none that come later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The highest sequence number there was.
    pub upper: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadGroups {
    /// The largest first.
    pub groups: Vec<DeadGroup>,
    pub snapshot: Snapshot,
    /// Dead letters of all the groups.
    pub messages: i64,
}

/// One dead letter in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadRow {
    /// The id of the message it was; it keeps it when it is redriven.
    pub id: MessageId,
    /// Grows with every dead letter: a message that is dead-lettered again gets a new one.
    pub seq: i64,
    pub queue: String,
    pub fingerprint: String,
    pub error: String,
    /// The file it is about, where it is about one.
    pub subject: Option<String>,
    pub upload_id: Option<UploadId>,
    /// Attempts that failed since it was sent or redriven.
    pub attempts: i32,
    /// Redrives after which it failed again.
    pub redrives: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub enqueued_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub died_at: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadPage {
    /// Newest first.
    pub rows: Vec<DeadRow>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
    pub snapshot: Snapshot,
}

/// One dead letter in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadDetail {
    pub row: DeadRow,
    pub payload: serde_json::Value,
    pub attributes: DeadAttributes,
    pub links: Links,
    /// Failed attempts, the newest first, those before a redrive included; at most 100.
    pub history: Vec<DeadAttempt>,
    /// The reason why a redrive would skip it.
    pub left_out: Option<String>,
    /// The operations it took part in, newest first; at most 20.
    pub operations: Vec<Part>,
}

/// The attributes of the message, as SQS calls them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadAttributes {
    pub lane: Lane,
    pub backend: Backend,
    /// Deliveries; those to workers that crashed count.
    pub receives: i32,
    pub payload_bytes: i64,
}

/// Objects that the message belongs to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Links {
    pub upload_id: Option<UploadId>,
    /// `scanning`, `in_review`, ...: where that upload is now.
    pub upload_state: Option<String>,
    pub account: Option<String>,
    pub set_id: Option<SetId>,
    pub item_id: Option<ItemId>,
}

/// One failed attempt and the worker that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadAttempt {
    #[serde(flatten)]
    pub attempt: Attempt,
    /// `host:pid`.
    pub worker: String,
    /// Redrives of the message before this attempt.
    pub redrives: i32,
    pub fingerprint: String,
}

/// A message in an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub operation_id: OperationId,
    /// `redrive`, `edit`, `discard`.
    pub kind: String,
    pub actor: String,
    /// `sent`, `done`, `failed`, `left_out`, `discarded`.
    pub state: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// A dead letter is to be sent with another payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub payload: serde_json::Value,
    /// The `seq` of the dead letter that was edited: if the message was dead-lettered again since, nothing is sent.
    pub seq: i64,
}

/// The changes of an edit, and its faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditCheck {
    /// Faults for which it would be refused; empty when it would be sent.
    pub faults: Vec<Fault>,
    /// The pretty JSON of both, line by line; only changed lines and what is next to them.
    pub diff: Vec<DiffLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    pub kind: DiffKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffKind {
    Same,
    Removed,
    Added,
}

impl DiffKind {
    /// The first character of the line: ` `, `-` or `+`.
    pub fn mark(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}
