//! The contract between the engine and a kind of operation.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tradepost_common::operations::{OperationState, Pace, Phase};
use tradepost_leases::Lease;

use super::OperationRow;
use crate::app::App;
use crate::error::ApiError;

/// Constants of a kind: its words and its limits.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The column `kind`.
    pub name: &'static str,
    /// The name for people, and the first part of its acts in the audit log: `operation`.
    pub noun: &'static str,
    /// Code of the conflict when a verb makes no sense in the present state.
    pub state_conflict: &'static str,
    /// Code and text of the conflict when a plan without entries is started.
    pub empty_conflict: (&'static str, &'static str),
    /// A plan that nobody started is cancelled after this time, with this note.
    pub plan_expires: (Duration, &'static str),
    /// Operations that ended this long ago are deleted.
    pub delete_after: Option<Duration>,
    /// A running operation acts this often.
    pub tick: Duration,
    /// Outcomes are counted this often, or as seldom as that costs a tenth of the time.
    pub count_every: Duration,
    /// The plan is gone through this often: a second pass finds what somebody else had locked in the first.
    pub passes: u32,
    /// The reason noted for entries that were neither acted on nor skipped when all is done.
    pub gone: &'static str,
}

/// The limits of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Items a second; `None`: unlimited.
    pub rate_per_second: Option<u32>,
    pub canary: u32,
    pub canary_wait_seconds: u32,
    pub stop_at_percent: u32,
}

impl From<Pace> for Limits {
    fn from(pace: Pace) -> Self {
        Self {
            rate_per_second: Some(pace.rate_per_second),
            canary: pace.canary,
            canary_wait_seconds: pace.canary_wait_seconds,
            stop_at_percent: pace.stop_at_percent,
        }
    }
}

impl From<Limits> for Pace {
    fn from(limits: Limits) -> Self {
        Self {
            rate_per_second: limits.rate_per_second.unwrap_or_default(),
            canary: limits.canary,
            canary_wait_seconds: limits.canary_wait_seconds,
            stop_at_percent: limits.stop_at_percent,
        }
    }
}

/// One step of a plan or of a run.
#[derive(Debug, Default)]
pub struct Step {
    /// The next step begins after this position.
    pub position: i64,
    /// Entries that the plan has found.
    pub selected: i64,
    /// The reason of each entry that is skipped.
    pub skipped: Vec<String>,
    /// Entries acted on.
    pub acted: i64,
    /// Entries charged to the rate limit.
    pub taken: u64,
    /// Something may be left for another step.
    pub more: bool,
}

/// Outcomes known so far.
#[derive(Debug, Clone, Copy)]
pub struct Outcomes {
    pub succeeded: i64,
    pub failed: i64,
    /// Acted on, or sent; the outcome is not known yet.
    pub unknown: i64,
}

/// The result of a canary without too many failures.
#[derive(Debug)]
pub enum Judgement {
    /// The rest is acted on.
    Ramp,
    /// The rest is acted on, and the audit log says so.
    Passed,
    /// Waits for an operator, who has to look at what the text says.
    Ask(String),
}

/// A connection in the engine's transaction.
pub type Tx<'a> = &'a mut PgConnection;
/// The operation that is worked on.
pub type Op<'a> = &'a OperationRow;
/// An answer to the engine.
pub type Answer<'a, T> = BoxFuture<'a, anyhow::Result<T>>;

/// One kind of operation. It is a constant: everything it knows of one operation is in the database.
pub trait Kind: Send + Sync {
    fn rules(&self) -> Rules;

    /// Reads the next entries of the plan.
    fn plan<'a>(&'a self, app: &'a App, tx: Tx<'a>, row: Op<'a>) -> Answer<'a, Step>;

    /// Acts on the next entries, at most `limit`.
    fn act<'a>(&'a self, app: &'a App, tx: Tx<'a>, row: Op<'a>, limit: u64) -> Answer<'a, Step>;

    /// Counts the outcomes.
    fn outcomes<'a>(&'a self, app: &'a App, row: Op<'a>) -> Answer<'a, Outcomes>;

    /// The note of an operation that stops because `failed` of `known` outcomes are failures.
    fn stop_note(&self, row: Op<'_>, failed: i64, known: i64) -> String;

    /// The note of an operation whose `unknown` outcomes are waited for no longer: it stops after a canary, and is done at the end.
    fn overdue_note(&self, _: Op<'_>, _unknown: i64) -> Option<String> {
        None
    }

    /// The phase in which a started operation begins.
    fn first_phase(&self, row: Op<'_>) -> Phase;

    /// The phase in which a paused or stopped operation goes on.
    fn resumed_phase(&self, row: Op<'_>) -> Phase;

    /// The position from which the phase acts that has just begun.
    fn first_position<'a>(&'a self, _: Tx<'a>, _: Op<'a>) -> Answer<'a, i64> {
        Box::pin(async { Ok(0) })
    }

    /// Entries that may be acted on now, whatever the rate limit allows.
    fn room<'a>(&'a self, _: &'a App, _: Op<'a>) -> Answer<'a, u64> {
        Box::pin(async { Ok(u64::MAX) })
    }

    /// A reason why a running operation can not go on: the state it gets, and the note.
    fn obstacle<'a>(&'a self, _: &'a App, _: Op<'a>) -> Answer<'a, Option<(OperationState, String)>> {
        Box::pin(async { Ok(None) })
    }

    /// Looks at the results of a canary.
    fn judge<'a>(&'a self, _: &'a App, _: Op<'a>) -> Answer<'a, Judgement> {
        Box::pin(async { Ok(Judgement::Ramp) })
    }

    /// Follows a cancel, in its transaction.
    fn cancelled<'a>(&'a self, _: Tx<'a>, _: Op<'a>) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Follows the end of a run.
    fn ended(&self, _: &App) {}

    /// Work beside the runs, done while this process holds the lease. Answers with the time until the next.
    fn chores<'a>(&'a self, _: &'a App, _: &'a Lease) -> Answer<'a, Duration> {
        Box::pin(async { Ok(Duration::MAX) })
    }

    /// A state as the audit log and conflicts name it.
    fn state_name(&self, row: Op<'_>) -> &'static str {
        row.state.as_str()
    }

    /// The details that the audit log keeps with an act.
    fn audit_detail<'a>(&'a self, _: Tx<'a>, row: Op<'a>) -> Answer<'a, Value> {
        let detail = json!({
            "kind": row.kind,
            "what": row.what,
            "planned_by": row.actor,
            "reason": row.reason,
            "upper": row.upper_seq,
            "selected": row.selected,
            "eligible": row.eligible(),
            "acted": row.acted,
            "succeeded": row.succeeded,
            "refailed": row.refailed,
            "rate_per_second": row.limits.rate_per_second,
            "canary": row.limits.canary,
            "note": row.note,
        });
        Box::pin(async move { Ok(detail) })
    }

    /// The answer to a start that the schema refuses.
    fn start_refused(&self, error: sqlx::Error) -> ApiError {
        error.into()
    }
}

/// Some kinds, or all there are.
pub type Kinds = &'static [&'static dyn Kind];

/// The kind of a name.
pub fn find(kinds: &[&'static dyn Kind], name: &str) -> Option<&'static dyn Kind> {
    kinds.iter().copied().find(|kind| kind.rules().name == name)
}
