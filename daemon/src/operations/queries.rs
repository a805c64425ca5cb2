//! Statements about `operations`.

mod items;
mod row;

use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationKind, OperationState, Pace, Phase, Selection};
use uuid::Uuid;

pub(super) use self::items::{insert_items, insert_missing, items, noted, of_message};
use self::row::Raw;
pub(super) use self::row::{Reasons, Row};
use crate::audit::Actor;

/// An operation to be kept.
pub(super) struct New<'a> {
    pub id: OperationId,
    pub kind: OperationKind,
    pub state: OperationState,
    pub phase: Option<Phase>,
    pub actor: &'a Actor,
    pub reason: Option<&'a str>,
    pub selection: &'a Selection,
    pub upper: i64,
    pub pace: Pace,
    pub selected: i64,
    pub acted: i64,
}

pub(super) async fn insert(tx: &mut PgConnection, new: &New<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into operations (id, kind, state, phase, actor, uid, reason, selection, upper_seq, pace, selected, acted,
            phase_at, started_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(), case when $3 = 'planning' then null else now() end)
        "#,
        new.id.0,
        new.kind.as_str(),
        new.state.as_str(),
        new.phase.map(Phase::as_str),
        new.actor.user,
        i64::from(new.actor.uid),
        new.reason,
        Json(new.selection) as _,
        new.upper,
        Json(new.pace) as _,
        new.selected,
        new.acted
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn find(db: impl PgExecutor<'_>, id: OperationId) -> sqlx::Result<Option<Row>> {
    let raw = sqlx::query_as!(
        Raw,
        r#"
        select id, kind, state, phase, actor, reason, selection as "selection: Json<Selection>", upper_seq,
            pace as "pace: Json<Pace>", selected, left_out as "left_out: Json<Reasons>", acted, succeeded, refailed,
            forgiven_succeeded, forgiven_refailed, rate, position_seq, note, created_at, phase_at, started_at, finished_at
        from operations where id = $1
        "#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(raw.map(Row::from))
}

/// The operation, locked until the caller's transaction ends.
pub(super) async fn lock(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<Option<Row>> {
    let raw = sqlx::query_as!(
        Raw,
        r#"
        select id, kind, state, phase, actor, reason, selection as "selection: Json<Selection>", upper_seq,
            pace as "pace: Json<Pace>", selected, left_out as "left_out: Json<Reasons>", acted, succeeded, refailed,
            forgiven_succeeded, forgiven_refailed, rate, position_seq, note, created_at, phase_at, started_at, finished_at
        from operations where id = $1 for update
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(raw.map(Row::from))
}

pub(super) async fn list(db: &PgPool, before: Uuid, limit: i64) -> sqlx::Result<Vec<Operation>> {
    let rows = sqlx::query_as!(
        Raw,
        r#"
        select id, kind, state, phase, actor, reason, selection as "selection: Json<Selection>", upper_seq,
            pace as "pace: Json<Pace>", selected, left_out as "left_out: Json<Reasons>", acted, succeeded, refailed,
            forgiven_succeeded, forgiven_refailed, rate, position_seq, note, created_at, phase_at, started_at, finished_at
        from operations where id < $1 order by id desc limit $2
        "#,
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|raw| Row::from(raw).operation).collect())
}

/// Operations that are not over, newest first; at most 100.
pub(super) async fn open(db: &PgPool) -> sqlx::Result<Vec<Operation>> {
    let rows = sqlx::query_as!(
        Raw,
        r#"
        select id, kind, state, phase, actor, reason, selection as "selection: Json<Selection>", upper_seq,
            pace as "pace: Json<Pace>", selected, left_out as "left_out: Json<Reasons>", acted, succeeded, refailed,
            forgiven_succeeded, forgiven_refailed, rate, position_seq, note, created_at, phase_at, started_at, finished_at
        from operations where finished_at is null order by id desc limit 100
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|raw| Row::from(raw).operation).collect())
}

/// Those that the daemon has to do something for, the oldest first.
pub(super) async fn moving(db: &PgPool, limit: i64) -> sqlx::Result<Vec<OperationId>> {
    let ids = sqlx::query_scalar!(
        "select id from operations where finished_at is null and state in ('planning', 'running') order by id limit $1",
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(OperationId).collect())
}

/// Those that wait for an operator, the oldest first: what they had sent goes on.
pub(super) async fn resting(db: &PgPool, limit: i64) -> sqlx::Result<Vec<OperationId>> {
    let ids = sqlx::query_scalar!(
        "select id from operations where finished_at is null and state in ('paused', 'stopped') order by id limit $1",
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(OperationId).collect())
}

/// Grows with every change of an operation.
pub(super) async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce((extract(epoch from max(updated_at)) * 1000000)::int8, 0) as "revision!" from operations"#
    )
    .fetch_one(db)
    .await
}

/// Moves an operation to another state. The caller has it locked.
pub(super) async fn set_state(
    tx: &mut PgConnection,
    id: OperationId,
    state: OperationState,
    note: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update operations set state = $2, note = $3, updated_at = now(), rate = 0,
            started_at = case when $2 = 'running' then coalesce(started_at, now()) else started_at end,
            finished_at = case when $4 then now() end
        where id = $1
        "#,
        id.0,
        state.as_str(),
        note,
        state.is_over()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves an operation to another phase. The caller has it locked.
pub(super) async fn set_phase(tx: &mut PgConnection, id: OperationId, phase: Phase) -> sqlx::Result<()> {
    sqlx::query!(
        "update operations set phase = $2, phase_at = now(), position_seq = 0, note = null, updated_at = now() where id = $1",
        id.0,
        phase.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Re-failures up to now do not count against the operation any more.
pub(super) async fn forgive(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<()> {
    sqlx::query!(
        "update operations set forgiven_succeeded = succeeded, forgiven_refailed = refailed where id = $1",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn set_pace(tx: &mut PgConnection, id: OperationId, pace: Pace) -> sqlx::Result<()> {
    sqlx::query!(
        "update operations set pace = $2, updated_at = now() where id = $1",
        id.0,
        Json(pace) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How far an operation has come with one more step. The caller has it locked.
pub(super) async fn advance(
    tx: &mut PgConnection,
    id: OperationId,
    position: i64,
    selected: i64,
    acted: i64,
    reasons: &Reasons,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update operations set position_seq = $2, selected = selected + $3, acted = acted + $4, left_out = $5, updated_at = now()
        where id = $1
        "#,
        id.0,
        position,
        selected,
        acted,
        Json(reasons) as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Counts the outcomes anew and notes the rate; answers with how many succeeded and failed again.
pub(super) async fn count_outcomes(db: &PgPool, id: OperationId, rate: f64) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        with counted as (
            select count(*) filter (where state = 'done') as succeeded, count(*) filter (where state = 'failed') as refailed
            from operation_items where operation_id = $1 and state in ('done', 'failed')
        )
        update operations operation set succeeded = counted.succeeded, refailed = counted.refailed, rate = $2,
            updated_at = case
                when operation.succeeded = counted.succeeded and operation.refailed = counted.refailed and operation.rate = $2
                then operation.updated_at else now() end
        from counted where operation.id = $1
        returning counted.succeeded as "succeeded!", counted.refailed as "refailed!"
        "#,
        id.0,
        rate
    )
    .fetch_one(db)
    .await?;
    Ok((row.succeeded, row.refailed))
}

/// Cancels plans that nobody started; answers with their ids.
pub(super) async fn cancel_stale(db: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update operations set state = 'cancelled', note = 'nobody started it within an hour', finished_at = now(), updated_at = now()
        where state = 'planned' and finished_at is null and updated_at < now() - interval '1 hour'
        "#
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets operations that ended 30 days ago, at most ten at a time.
pub(super) async fn forget_old(db: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from operations where id in (
            select id from operations where finished_at < now() - interval '30 days' order by id limit 10)
        "#
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
