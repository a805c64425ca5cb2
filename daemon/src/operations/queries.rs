//! Statements about `operations`.

pub(super) mod search;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{OperationState, Phase};
use uuid::Uuid;

use super::kind::{Kind, Limits, Step};
use crate::audit::Actor;

/// Entries by the reason for which they are skipped.
pub type Reasons = BTreeMap<String, i64>;

/// An operation as the database has it.
#[derive(Debug, Clone)]
pub struct OperationRow {
    pub id: OperationId,
    /// A name of [`Rules`](super::kind::Rules).
    pub kind: String,
    pub state: OperationState,
    pub phase: Option<Phase>,
    /// Grows whenever it begins to act: what an earlier run has sent is void.
    pub run: i32,
    pub actor: String,
    pub reason: Option<String>,
    /// JSON that its kind understands.
    pub selection: Json<Value>,
    /// The selection as a person reads it.
    pub what: String,
    pub upper_seq: i64,
    pub limits: Json<Limits>,
    pub selected: i64,
    pub left_out: Json<Reasons>,
    pub acted: i64,
    pub succeeded: i64,
    pub refailed: i64,
    /// Outcomes that an operator has seen and forgiven by a resume.
    pub forgiven_succeeded: i64,
    pub forgiven_refailed: i64,
    pub rate: f64,
    /// The plan has read, or the run has acted, up to here.
    pub position_seq: i64,
    pub note: Option<String>,
    pub created_at: OffsetDateTime,
    pub phase_at: Option<OffsetDateTime>,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
}

impl OperationRow {
    /// An operation that is to be planned.
    pub fn new(kind: &str, actor: &Actor, selection: &impl Serialize, what: String, limits: Limits) -> Self {
        Self {
            id: OperationId::new(),
            kind: kind.to_owned(),
            state: OperationState::Planning,
            phase: None,
            run: 0,
            actor: actor.user.clone(),
            reason: None,
            selection: Json(serde_json::to_value(selection).expect("a selection is always JSON")),
            what,
            upper_seq: 0,
            limits: Json(limits),
            selected: 0,
            left_out: Json(Reasons::new()),
            acted: 0,
            succeeded: 0,
            refailed: 0,
            forgiven_succeeded: 0,
            forgiven_refailed: 0,
            rate: 0.0,
            position_seq: 0,
            note: None,
            created_at: OffsetDateTime::now_utc(),
            phase_at: None,
            started_at: None,
            finished_at: None,
        }
    }

    /// Entries that the plan would act on.
    pub fn eligible(&self) -> i64 {
        self.selected - self.left_out.values().sum::<i64>()
    }

    /// Entries that are not acted on yet.
    pub fn remaining(&self) -> i64 {
        (self.eligible() - self.acted).max(0)
    }

    /// Seconds until all are acted on, at the present rate.
    pub fn eta_seconds(&self) -> Option<f64> {
        let is_acting = self.state == OperationState::Running && self.rate > 0.0 && self.remaining() > 0;
        is_acting.then(|| (self.remaining() as f64 / self.rate * 10.0).round() / 10.0)
    }

    pub fn set_state(&mut self, state: OperationState, note: Option<&str>) {
        let now = Some(OffsetDateTime::now_utc());
        (self.state, self.rate, self.note) = (state, 0.0, note.map(str::to_owned));
        if state == OperationState::Running {
            self.started_at = self.started_at.or(now);
        }
        self.finished_at = self.finished_at.or(now).filter(|_| state.is_over());
    }

    pub fn set_phase(&mut self, phase: Phase) {
        (self.phase, self.phase_at, self.note) = (Some(phase), Some(OffsetDateTime::now_utc()), None);
    }

    /// Counts one step.
    pub fn advance(&mut self, step: &Step) {
        self.position_seq = step.position;
        self.selected += step.selected;
        self.acted += step.acted;
        for reason in &step.skipped {
            *self.left_out.entry(reason.clone()).or_default() += 1;
        }
    }

    /// Outcomes up to now do not count against it any more.
    pub fn forgive(&mut self) {
        (self.forgiven_succeeded, self.forgiven_refailed) = (self.succeeded, self.refailed);
    }

    /// Time since the phase began.
    pub fn time_in_phase(&self) -> Duration {
        let since = self.phase_at.map(|at| OffsetDateTime::now_utc() - at);
        since.and_then(|since| since.try_into().ok()).unwrap_or_default()
    }
}

/// All columns of an operation, and what follows the name of the table.
macro_rules! select {
    ($rest:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            OperationRow,
            r#"
            select id as "id: OperationId", kind, state as "state: OperationState", phase as "phase: Phase", run, actor, reason,
                selection as "selection: Json<Value>", what, upper_seq, pace as "limits: Json<Limits>", selected,
                left_out as "left_out: Json<Reasons>", acted, succeeded, refailed, forgiven_succeeded, forgiven_refailed, rate,
                position_seq, note, created_at, phase_at, started_at, finished_at
            from operations "# + $rest
            $(, $argument)*
        )
    };
}

pub(super) async fn insert(tx: &mut PgConnection, row: &OperationRow, uid: u32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into operations (id, kind, state, phase, actor, uid, reason, selection, what, upper_seq, pace, selected, acted, phase_at, started_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        "#,
        row.id.0,
        row.kind,
        row.state.as_str(),
        row.phase.map(Phase::as_str),
        row.actor,
        i64::from(uid),
        row.reason,
        &row.selection as _,
        row.what,
        row.upper_seq,
        &row.limits as _,
        row.selected,
        row.acted,
        row.phase_at,
        row.started_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes down an operation that the caller has locked and changed.
pub async fn save(tx: &mut PgConnection, row: &OperationRow) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update operations set state = $2, phase = $3, run = $4, pace = $5, selected = $6, left_out = $7, acted = $8, succeeded = $9,
            refailed = $10, forgiven_succeeded = $11, forgiven_refailed = $12, rate = $13, position_seq = $14, note = $15, phase_at = $16,
            started_at = $17, finished_at = $18, updated_at = now()
        where id = $1
        "#,
        row.id.0,
        row.state.as_str(),
        row.phase.map(Phase::as_str),
        row.run,
        &row.limits as _,
        row.selected,
        &row.left_out as _,
        row.acted,
        row.succeeded,
        row.refailed,
        row.forgiven_succeeded,
        row.forgiven_refailed,
        row.rate,
        row.position_seq,
        row.note,
        row.phase_at,
        row.started_at,
        row.finished_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn find(db: impl PgExecutor<'_>, id: OperationId) -> sqlx::Result<Option<OperationRow>> {
    select!("where id = $1", id.0).fetch_optional(db).await
}

/// The operation, locked until the caller's transaction ends. Rows that refer to it may come meanwhile.
pub async fn lock(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<Option<OperationRow>> {
    select!("where id = $1 for no key update", id.0)
        .fetch_optional(tx)
        .await
}

/// Those operations, in the order of the ids.
pub(super) async fn rows(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<OperationRow>> {
    select!("where id = any($1) order by array_position($1, id)", ids)
        .fetch_all(db)
        .await
}

/// Operations of some kinds that are not over, newest first; at most 100.
pub(super) async fn open(db: &PgPool, kinds: &[String]) -> sqlx::Result<Vec<OperationRow>> {
    select!(
        "where kind = any($1) and finished_at is null order by id desc limit 100",
        kinds
    )
    .fetch_all(db)
    .await
}

/// Operations of one kind in a state, the oldest first; at most 20.
pub async fn in_state(db: &PgPool, kind: &dyn Kind, state: OperationState) -> sqlx::Result<Vec<OperationRow>> {
    select!(
        "where kind = $1 and state = $2 order by id limit 20",
        kind.rules().name,
        state.as_str()
    )
    .fetch_all(db)
    .await
}

/// The operation of a kind that was started last.
pub async fn newest_started(db: &PgPool, kind: &dyn Kind) -> sqlx::Result<Option<OperationRow>> {
    select!(
        "where kind = $1 and started_at is not null order by id desc limit 1",
        kind.rules().name
    )
    .fetch_optional(db)
    .await
}

/// Operations that the daemon has to work on, the oldest of each kind first.
pub(super) async fn moving(db: &PgPool, limit_by_kind: i64) -> sqlx::Result<Vec<OperationRow>> {
    select!(
        "where id in (
            select id from (
                select id, row_number() over (partition by kind order by id) as place from operations
                where finished_at is null and state in ('planning', 'running')) as moving
            where place <= $1)
        order by id",
        limit_by_kind
    )
    .fetch_all(db)
    .await
}

/// Operations that were paused or stopped and wait for an operator, the oldest first: what they have sent goes on.
pub(super) async fn resting(db: &PgPool, limit: i64) -> sqlx::Result<Vec<OperationRow>> {
    select!(
        "where finished_at is null and state in ('paused', 'stopped') order by id limit $1",
        limit
    )
    .fetch_all(db)
    .await
}

/// Plans of a kind that nobody started in time, the oldest first; at most 20.
pub(super) async fn expired_plans(db: &PgPool, kind: &str, after: Duration) -> sqlx::Result<Vec<OperationId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: OperationId" from operations
        where kind = $1 and state = 'planned' and updated_at < now() - make_interval(secs => $2) order by id limit 20
        "#,
        kind,
        after.as_secs_f64()
    )
    .fetch_all(db)
    .await
}

/// Grows with every change of an operation.
pub async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce((extract(epoch from max(updated_at)) * 1000000)::int8, 0) as "revision!" from operations"#
    )
    .fetch_one(db)
    .await
}

/// Notes the present rate, for everybody to see.
pub(super) async fn note_rate(db: &PgPool, id: OperationId, rate: f64) -> sqlx::Result<()> {
    sqlx::query!(
        "update operations set rate = $2, updated_at = now() where id = $1 and rate <> $2 and state = 'running'",
        id.0,
        rate
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes operations of a kind that ended long ago, at most ten at a time.
pub(super) async fn delete_old(db: &PgPool, kind: &str, after: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from operations where id in (
            select id from operations where kind = $1 and finished_at < now() - make_interval(secs => $2) order by id limit 10)
        "#,
        kind,
        after.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}
