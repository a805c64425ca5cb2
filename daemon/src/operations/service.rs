//! Verbs of operators on operations of any kind, and what is to be seen of them.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{
    ItemState, LeftOut, Operation, OperationColumn, OperationItem, OperationKind, OperationState, Phase,
};
use tradepost_queue::notification;

use super::items;
use super::kind::{self, Kind, Kinds};
pub use super::queries::search::in_range;
use super::queries::{self, OperationRow, search};
pub use super::queries::{find as find_any, in_state, lock as lock_any, newest_started, revision, save};
use crate::app::{App, OPERATIONS};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::pager::{self, Place, Texts};

/// A plan that is ready within this time is the answer to its request.
const PLAN_PATIENCE: Duration = Duration::from_millis(1_500);

/// Keeps a new operation, in the caller's transaction. It is planned or run after the commit.
pub async fn insert(tx: &mut PgConnection, row: &OperationRow, actor: &Actor) -> sqlx::Result<()> {
    queries::insert(&mut *tx, row, actor.uid).await?;
    notify(tx).await
}

/// Waits a moment for the plan of an operation. Answers with the operation, planned or not.
pub async fn until_planned(app: &App, id: OperationId) -> ApiResult<OperationRow> {
    let planned = async {
        loop {
            let changed = app.notifier.notified(OPERATIONS);
            let row = find_any(&app.db, id).await?.ok_or(ApiError::NotFound("operation"))?;
            if row.state != OperationState::Planning {
                return Ok(row);
            }
            changed.await;
        }
    };
    match tokio::time::timeout(PLAN_PATIENCE, planned).await {
        Ok(planned) => planned,
        Err(_) => find_any(&app.db, id).await?.ok_or(ApiError::NotFound("operation")),
    }
}

tradepost_common::text_enum! {
    /// Verbs of operators that every kind has.
    pub enum Verb {
        Start = "start",
        Pause = "pause",
        Resume = "resume",
        Cancel = "cancel",
    }
}

impl Verb {
    /// The state that it leads to from `from`. `None`: it makes no sense there.
    fn leads_to(self, from: OperationState) -> Option<OperationState> {
        use OperationState::{Cancelled, Paused, Planned, Running, Stopped, Waiting};
        match (self, from) {
            (Self::Start, Planned | Waiting) | (Self::Resume, Paused | Stopped | Waiting) => Some(Running),
            (Self::Pause, Running) => Some(Paused),
            (Self::Cancel, from) if !from.is_over() => Some(Cancelled),
            _ => None,
        }
    }
}

/// Starts, pauses, resumes or cancels an operation of one of these kinds.
pub async fn act(app: &App, kinds: Kinds, actor: &Actor, id: OperationId, verb: Verb) -> ApiResult<OperationRow> {
    let mut tx = app.db.begin().await?;
    let (kind, mut row) = lock(&mut tx, kinds, id).await?;
    record(&mut tx, kind, actor, verb.as_str(), &row).await?;
    apply(&mut tx, kind, &mut row, verb).await?;
    notify(&mut tx).await?;
    tx.commit().await?;
    find(&app.db, kinds, id).await
}

/// Does what a verb says to an operation that the caller has locked. The caller records it.
pub async fn apply(tx: &mut PgConnection, kind: &dyn Kind, row: &mut OperationRow, verb: Verb) -> ApiResult<()> {
    let Some(to) = verb.leads_to(row.state) else {
        let detail = format!(
            "The {} is {}: it cannot {verb}.",
            kind.rules().noun,
            kind.state_name(row)
        );
        return Err(ApiError::conflict(kind.rules().state_conflict, detail));
    };
    if to == OperationState::Running {
        run(&mut *tx, kind, row).await?;
    } else {
        row.set_state(to, None);
    }
    queries::save(&mut *tx, row)
        .await
        .map_err(|error| kind.start_refused(error))?;
    if to == OperationState::Cancelled {
        kind.cancelled(tx, row).await?;
    }
    Ok(())
}

/// Lets an operation act, from the beginning or where it was.
async fn run(tx: &mut PgConnection, kind: &dyn Kind, row: &mut OperationRow) -> ApiResult<()> {
    let (code, detail) = kind.rules().empty_conflict;
    if row.eligible() == 0 {
        return Err(ApiError::conflict(code, detail));
    }
    let phase = match row.state {
        OperationState::Planned => kind.first_phase(row),
        OperationState::Waiting => Phase::Ramp,
        _ => kind.resumed_phase(row),
    };
    if row.state == OperationState::Stopped {
        // The operator has seen why it stopped.
        row.forgive();
    }
    row.set_state(OperationState::Running, None);
    Ok(enter(tx, kind, row, phase).await?)
}

/// Lets a running operation begin a phase. The caller has it locked, and saves it.
pub(super) async fn enter(
    tx: &mut PgConnection,
    kind: &dyn Kind,
    row: &mut OperationRow,
    phase: Phase,
) -> anyhow::Result<()> {
    row.set_phase(phase);
    if let Phase::Canary | Phase::Ramp = phase {
        row.position_seq = kind.first_position(tx, row).await?;
        row.run += 1;
    }
    Ok(())
}

/// Changes the rate limit of an operation that is not over.
pub async fn set_rate(
    app: &App,
    kinds: Kinds,
    actor: &Actor,
    id: OperationId,
    rate_per_second: Option<u32>,
) -> ApiResult<OperationRow> {
    let mut tx = app.db.begin().await?;
    let (kind, mut row) = lock(&mut tx, kinds, id).await?;
    if row.state.is_over() {
        let detail = format!("The {} is {}: it is over.", kind.rules().noun, kind.state_name(&row));
        return Err(ApiError::conflict(kind.rules().state_conflict, detail));
    }
    row.limits.rate_per_second = rate_per_second;
    queries::save(&mut tx, &row).await?;
    record(&mut tx, kind, actor, "rate", &row).await?;
    notify(&mut tx).await?;
    tx.commit().await?;
    find(&app.db, kinds, id).await
}

/// A rate limit that any operation may have.
pub fn is_rate(rate_per_second: u32) -> bool {
    (1..=100_000).contains(&rate_per_second)
}

/// The operation with its kind, locked until the caller's transaction ends.
pub async fn lock(
    tx: &mut PgConnection,
    kinds: Kinds,
    id: OperationId,
) -> ApiResult<(&'static dyn Kind, OperationRow)> {
    known(kinds, queries::lock(tx, id).await?)
}

/// An operation of one of these kinds.
pub async fn find(db: &PgPool, kinds: Kinds, id: OperationId) -> ApiResult<OperationRow> {
    Ok(known(kinds, queries::find(db, id).await?)?.1)
}

fn known(kinds: Kinds, row: Option<OperationRow>) -> ApiResult<(&'static dyn Kind, OperationRow)> {
    let noun = kinds.first().map_or("operation", |kind| kind.rules().noun);
    let found = row.and_then(|row| Some((kind::find(kinds, &row.kind)?, row)));
    found.ok_or(ApiError::NotFound(noun))
}

/// Records an act on an operation in the audit log.
pub async fn record(
    tx: &mut PgConnection,
    kind: &dyn Kind,
    actor: &Actor,
    verb: &str,
    row: &OperationRow,
) -> anyhow::Result<()> {
    let noun = kind.rules().noun;
    let detail = kind.audit_detail(&mut *tx, row).await?;
    Ok(audit::record(
        tx,
        actor,
        &format!("{noun}.{verb}"),
        &format!("{noun}:{}", row.id),
        detail,
    )
    .await?)
}

/// Tells the runner, and whoever waits for a plan, that an operation has changed.
pub async fn notify(tx: &mut PgConnection) -> sqlx::Result<()> {
    notification::notify(tx, OPERATIONS).await
}

/// Operations of some kinds, newest first.
pub async fn list(db: &PgPool, kinds: Kinds, before: Option<OperationId>, limit: u32) -> ApiResult<Page<OperationRow>> {
    search(db, kinds, &Texts::default(), &Place::newest(before), limit).await
}

fn names(kinds: Kinds) -> Vec<String> {
    kinds.iter().map(|kind| kind.rules().name.to_owned()).collect()
}

/// Operations of some kinds that contain the texts, newest first or sorted.
pub async fn search(
    db: &PgPool,
    kinds: Kinds,
    texts: &Texts,
    place: &Place<OperationColumn, OperationId>,
    limit: u32,
) -> ApiResult<Page<OperationRow>> {
    let kinds = names(kinds);
    let found = match place.sorted() {
        Some(sorted) => search::sorted(db, &kinds, texts, sorted, limit.into()).await?,
        None => search::newest(db, &kinds, texts, place.after_id(), limit.into()).await?,
    };
    let ids: Vec<_> = found.iter().map(|cursor| cursor.id.0).collect();
    Ok(pager::page(&found, queries::rows(db, &ids).await?, limit))
}

/// Operations of some kinds that contain the texts.
pub async fn count(db: &PgPool, kinds: Kinds, texts: &Texts) -> sqlx::Result<i64> {
    search::count(db, &names(kinds), texts).await
}

/// The items of an operation, by message.
pub async fn list_items(
    db: &PgPool,
    kinds: Kinds,
    id: OperationId,
    state: Option<ItemState>,
    after: Option<MessageId>,
    limit: u32,
) -> ApiResult<Page<OperationItem>> {
    find(db, kinds, id).await?;
    Ok(items::list(db, id, state, after, limit).await?)
}

/// Operations that are not over and that `/v1/operations` lists, newest first.
pub async fn open(db: &PgPool) -> sqlx::Result<Vec<Operation>> {
    let names = OperationKind::ALL.map(|kind| kind.as_str().to_owned());
    let rows = queries::open(db, &names).await?;
    Ok(rows.into_iter().filter_map(to_operation).collect())
}

/// Shows that something beside the row of an operation has changed.
pub async fn touch(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<()> {
    sqlx::query!("update operations set updated_at = now() where id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// An operation as `/v1/operations` shows it. `None`: its kind has routes of its own.
pub fn to_operation(row: OperationRow) -> Option<Operation> {
    let mut left_out: Vec<_> = row
        .left_out
        .iter()
        .map(|(reason, messages)| LeftOut {
            reason: reason.clone(),
            messages: *messages,
        })
        .collect();
    left_out.sort_by_key(|left| std::cmp::Reverse(left.messages));
    Some(Operation {
        id: row.id,
        kind: row.kind.parse().ok()?,
        state: row.state,
        phase: row.phase,
        eta_seconds: row.eta_seconds(),
        actor: row.actor,
        reason: row.reason,
        selection: serde_json::from_value(row.selection.0).unwrap_or_default(),
        what: row.what,
        upper: row.upper_seq,
        pace: row.limits.0.into(),
        selected: row.selected,
        left_out,
        acted: row.acted,
        succeeded: row.succeeded,
        refailed: row.refailed,
        rate: row.rate,
        note: row.note,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
    })
}
