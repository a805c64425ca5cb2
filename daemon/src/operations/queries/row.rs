//! A row of `operations`.

use std::collections::BTreeMap;

use sqlx::types::Json;
use time::OffsetDateTime;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{LeftOut, Operation, OperationState, Pace, Selection};
use uuid::Uuid;

use crate::operations::check;

/// Messages by the reason for which they were left out.
pub(in crate::operations) type Reasons = BTreeMap<String, i64>;

/// An operation as the database has it.
#[derive(Debug, Clone)]
pub(in crate::operations) struct Row {
    pub operation: Operation,
    pub reasons: Reasons,
    pub position_seq: i64,
    pub phase_at: Option<OffsetDateTime>,
    pub forgiven_succeeded: i64,
    pub forgiven_refailed: i64,
}

pub(super) struct Raw {
    pub id: Uuid,
    pub kind: String,
    pub state: String,
    pub phase: Option<String>,
    pub actor: String,
    pub reason: Option<String>,
    pub selection: Json<Selection>,
    pub upper_seq: i64,
    pub pace: Json<Pace>,
    pub selected: i64,
    pub left_out: Json<Reasons>,
    pub acted: i64,
    pub succeeded: i64,
    pub refailed: i64,
    pub forgiven_succeeded: i64,
    pub forgiven_refailed: i64,
    pub rate: f64,
    pub position_seq: i64,
    pub note: Option<String>,
    pub created_at: OffsetDateTime,
    pub phase_at: Option<OffsetDateTime>,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
}

impl From<Raw> for Row {
    fn from(raw: Raw) -> Self {
        let reasons = raw.left_out.0;
        let left_out_in_all: i64 = reasons.values().sum();
        let state: OperationState = raw.state.parse().expect("the schema knows every state");
        let remaining = (raw.selected - left_out_in_all - raw.acted).max(0);
        let is_sending = state == OperationState::Running && raw.rate > 0.0 && remaining > 0;
        let mut left_out: Vec<_> = reasons
            .iter()
            .map(|(reason, messages)| LeftOut {
                reason: reason.clone(),
                messages: *messages,
            })
            .collect();
        left_out.sort_by_key(|left| std::cmp::Reverse(left.messages));
        Self {
            operation: Operation {
                id: OperationId(raw.id),
                kind: raw.kind.parse().expect("the schema knows every kind"),
                state,
                phase: raw
                    .phase
                    .map(|phase| phase.parse().expect("the schema knows every phase")),
                actor: raw.actor,
                reason: raw.reason,
                what: check::describe(&raw.selection.0),
                selection: raw.selection.0,
                upper: raw.upper_seq,
                pace: raw.pace.0,
                selected: raw.selected,
                left_out,
                acted: raw.acted,
                succeeded: raw.succeeded,
                refailed: raw.refailed,
                rate: raw.rate,
                eta_seconds: is_sending.then(|| (remaining as f64 / raw.rate * 10.0).round() / 10.0),
                note: raw.note,
                created_at: raw.created_at,
                started_at: raw.started_at,
                finished_at: raw.finished_at,
            },
            reasons,
            position_seq: raw.position_seq,
            phase_at: raw.phase_at,
            forgiven_succeeded: raw.forgiven_succeeded,
            forgiven_refailed: raw.forgiven_refailed,
        }
    }
}
