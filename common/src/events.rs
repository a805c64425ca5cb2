//! `GET /v1/events`: one NDJSON stream. The first line is a [`Event::Snapshot`], every later one says what changed.
//!
//! Deltas are coalesced (at most one of a kind every 250 ms, nothing when nothing changed).
//! A reader that falls behind is dropped and should connect again. A `Tick` comes every 5 s, so that a reader knows the line is alive.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::latency::LatencyRow;
use crate::operations::Operation;
use crate::overview::{Overview, WhoAmI};
use crate::queues::QueueRow;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Always first, and only first.
    Snapshot(Box<Snapshot>),
    /// The overview changed; it replaces the one before.
    Overview(Box<Overview>),
    /// Queues changed; the list replaces the one before.
    Queues { queues: Vec<QueueRow> },
    /// Operations that are not over changed; the list replaces the one before. One that is missing is over.
    Operations { operations: Vec<Operation> },
    /// Latency changed; the list replaces the one before.
    Latency { latency: Vec<LatencyRow> },
    /// Lists changed in the database: read again what is on the screen.
    Changed(Revisions),
    /// Nothing changed.
    Tick {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
}

/// Everything a screen needs to start with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub you: WhoAmI,
    pub overview: Overview,
    pub queues: Vec<QueueRow>,
    pub latency: Vec<LatencyRow>,
    /// Operations that are not over, newest first.
    pub operations: Vec<Operation>,
    pub revisions: Revisions,
}

/// Counters that grow whenever the list they stand for changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions {
    pub uploads: u64,
    pub cases: u64,
    pub audit: u64,
    pub dead: u64,
    /// Campaigns included: they are long work, too.
    pub operations: u64,
}
