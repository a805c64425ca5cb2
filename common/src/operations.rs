//! Screen 4, operations: long work that an operator started and the daemon does.
//!
//! - `POST /v1/operations`: plans one ([`NewOperation`] to [`Operation`], 202). Nothing is touched: the plan is the dry run,
//!   with a reason for every message that would be left out. A plan that was not started within an hour is cancelled.
//! - `GET /v1/operations?cursor=&limit=`: newest first (`Page<Operation>`); `GET /v1/operations/{id}`: one
//! - `GET /v1/operations/{id}/items?state=&cursor=&limit=`: its messages, by id (`Page<OperationItem>`)
//! - `POST /v1/operations/{id}/start | pause | resume | cancel`: (`Operation`)
//! - `POST /v1/operations/{id}/rate`: another rate while it runs ([`SetRate`] to [`Operation`])
//!
//! `planning` -> `planned` -> `running` <-> `paused` -> `done`. A run that fails too often is `stopped` (and can be resumed);
//! whatever is not over can be `cancelled`. An operation survives a restart of the daemon.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{MessageId, OperationId, UploadId};

/// A selection by ids names at most so many.
pub const MAX_IDS: usize = 1_000;

crate::text_enum! {
    /// The act on the selected dead letters.
    pub enum OperationKind {
        /// Send them again as they are.
        Redrive = "redrive",
        /// Send one with another payload; made by `POST /v1/dead/{id}/edit`.
        Edit = "edit",
        /// Give up on them, with a reason; what waits for them is settled. The payload is kept with the operation.
        Discard = "discard",
        /// As discard, and the payload is not kept.
        Purge = "purge",
    }
}

impl OperationKind {
    /// It sends messages, so their outcome is watched.
    pub fn sends(self) -> bool {
        matches!(self, Self::Redrive | Self::Edit)
    }
}

crate::text_enum! {
    /// The state of an operation of any kind.
    pub enum OperationState {
        /// The dry run reads everything that is selected.
        Planning = "planning",
        /// Waits to be started.
        Planned = "planned",
        Running = "running",
        /// The canary is done, and an operator has to look at it before the rest; `note` says why.
        Waiting = "waiting",
        /// An operator paused it, or it paused itself; `note` says why.
        Paused = "paused",
        /// It stopped by itself; `note` says why.
        Stopped = "stopped",
        Cancelled = "cancelled",
        Done = "done",
        /// It can not go on; `note` says why.
        Failed = "failed",
    }
}

impl OperationState {
    /// The daemon works on it.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Planning | Self::Running)
    }

    /// Nothing more is acted on.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Done | Self::Failed)
    }
}

crate::text_enum! {
    /// The present phase of a running operation.
    pub enum Phase {
        /// Acts on a few first.
        Canary = "canary",
        /// Waits for the outcomes of the canary.
        Watch = "watch",
        /// Acts on the rest, at a rate that grows to the limit.
        Ramp = "ramp",
        /// Waits for the last outcomes.
        Settle = "settle",
    }
}

crate::text_enum! {
    /// A column that the list of operations can be sorted by.
    pub enum OperationColumn {
        Kind = "kind",
        State = "state",
        /// Messages of the plan.
        Total = "total",
        Rate = "rate",
        Succeeded = "succeeded",
        Refailed = "refailed",
        Target = "target",
        User = "user",
        Created = "created",
    }
}

/// Selects the dead letters that match every field that is set; without any field, all of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Text that the file's name or the error contains, whatever its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadId>,
    /// `true`: only those that were redriven before; `false`: only those that were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redriven: Option<bool>,
    /// Marked ones; at most [`MAX_IDS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<MessageId>>,
}

/// Rate and caution of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Messages a second at most, 1 to 100,000.
    pub rate_per_second: u32,
    /// Number of messages that are sent first and watched; 0: none. A selection of no more than this many is sent at once.
    pub canary: u32,
    /// Seconds to wait for the canary's outcome before the operation stops.
    pub canary_wait_seconds: u32,
    /// It stops when more than this share of the known outcomes are failures, 0 to 100; 100: never.
    pub stop_at_percent: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rate_per_second: 100,
            canary: 10,
            canary_wait_seconds: 120,
            stop_at_percent: 20,
        }
    }
}

/// An operation to be planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOperation {
    pub kind: OperationKind,
    #[serde(default)]
    pub selection: Selection,
    /// The `upper` of the snapshot that the operator saw; what there is now when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<i64>,
    /// The reason that contributors read, 1 to 500 characters; needed for `discard` and `purge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default)]
    pub pace: Pace,
}

/// An operation and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    pub id: OperationId,
    pub kind: OperationKind,
    pub state: OperationState,
    /// Set while it runs, is paused or was stopped.
    pub phase: Option<Phase>,
    /// The Unix user who planned it.
    pub actor: String,
    pub reason: Option<String>,
    pub selection: Selection,
    /// The selection as a person reads it: `render, fingerprint 0123456789abcdef`.
    pub what: String,
    pub upper: i64,
    pub pace: Pace,
    /// Selected by the plan: those to be acted on and those left out.
    pub selected: i64,
    /// Left out, by reason, the commonest first.
    pub left_out: Vec<LeftOut>,
    /// Acted on so far: sent or discarded.
    pub acted: i64,
    /// Messages that were sent and whose handler succeeded.
    pub succeeded: i64,
    /// Messages that were sent and are dead letters again.
    pub refailed: i64,
    /// Messages a second over the last 5 s.
    pub rate: f64,
    /// Until all are sent, at the present rate.
    pub eta_seconds: Option<f64>,
    /// The reason why it stopped, or what it waits for.
    pub note: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub started_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

impl Operation {
    /// Messages that the plan would act on.
    pub fn eligible(&self) -> i64 {
        self.selected - self.left_out.iter().map(|left| left.messages).sum::<i64>()
    }
}

/// Messages that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub reason: String,
    pub messages: i64,
}

/// One message of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationItem {
    pub message_id: MessageId,
    pub state: ItemState,
    pub queue: String,
    pub subject: Option<String>,
    /// The reason why it was skipped, or the error with which it failed again.
    pub reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

crate::text_enum! {
    pub enum ItemState {
        LeftOut = "left_out",
        /// Sent; its outcome is not known yet.
        Sent = "sent",
        Done = "done",
        /// Sent, and a dead letter again.
        Failed = "failed",
        Discarded = "discarded",
    }
}

/// Another rate limit for an operation or a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRate {
    /// Items a second at most, 1 to 100,000; `null`: no limit, which only campaigns may have.
    pub rate_per_second: Option<u32>,
}
