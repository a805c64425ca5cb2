//! Statements about `operations` and `operation_items`.

use std::collections::BTreeMap;

use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use tradepost_common::dead::Part;
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{
    ItemState, LeftOut, Operation, OperationItem, OperationKind, OperationState, Pace, Phase, Selection,
};
use uuid::Uuid;

use crate::audit::Actor;
use crate::queue::dead::Letter;

/// Messages by the reason for which they were left out.
pub(super) type Reasons = BTreeMap<String, i64>;

/// An operation as the database has it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub operation: Operation,
    pub reasons: Reasons,
    pub position_seq: i64,
    pub phase_at: Option<OffsetDateTime>,
    pub forgiven_succeeded: i64,
    pub forgiven_refailed: i64,
}

struct Raw {
    id: Uuid,
    kind: String,
    state: String,
    phase: Option<String>,
    actor: String,
    reason: Option<String>,
    selection: Json<Selection>,
    upper_seq: i64,
    pace: Json<Pace>,
    selected: i64,
    left_out: Json<Reasons>,
    acted: i64,
    succeeded: i64,
    refailed: i64,
    forgiven_succeeded: i64,
    forgiven_refailed: i64,
    rate: f64,
    position_seq: i64,
    note: Option<String>,
    created_at: OffsetDateTime,
    phase_at: Option<OffsetDateTime>,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
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
                what: super::service::describe(&raw.selection.0),
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

/// Notes what became of messages; one that is noted already stays as it is. Answers with those that are new.
pub(super) async fn insert_items(
    tx: &mut PgConnection,
    id: OperationId,
    state: ItemState,
    letters: &[(&Letter, Option<&str>)],
    with_payload: bool,
) -> sqlx::Result<Vec<MessageId>> {
    let ids: Vec<Uuid> = letters.iter().map(|(letter, _)| letter.row.id.0).collect();
    let queues: Vec<String> = letters.iter().map(|(letter, _)| letter.row.queue.clone()).collect();
    let subjects: Vec<Option<String>> = letters.iter().map(|(letter, _)| letter.row.subject.clone()).collect();
    let reasons: Vec<Option<String>> = letters.iter().map(|(_, reason)| reason.map(str::to_owned)).collect();
    let payloads: Vec<Option<serde_json::Value>> = letters
        .iter()
        .map(|(letter, _)| with_payload.then(|| letter.payload.clone()))
        .collect();
    let new = sqlx::query_scalar!(
        r#"
        insert into operation_items (operation_id, message_id, state, queue, subject, reason, payload)
        select $1, message_id, $2, queue, subject, reason, payload
        from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) as item (message_id, queue, subject, reason, payload)
        on conflict (operation_id, message_id) do nothing
        returning message_id
        "#,
        id.0,
        state.as_str(),
        &ids,
        &queues,
        &subjects as &[Option<String>],
        &reasons as &[Option<String>],
        &payloads as &[Option<serde_json::Value>]
    )
    .fetch_all(tx)
    .await?;
    Ok(new.into_iter().map(MessageId).collect())
}

/// Notes messages that are no dead letters any more, though they were named.
pub(super) async fn insert_missing(
    tx: &mut PgConnection,
    id: OperationId,
    ids: &[Uuid],
    reason: &str,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into operation_items (operation_id, message_id, state, queue, reason)
        select $1, message_id, 'left_out', '', $3 from unnest($2::uuid[]) as message_id
        on conflict (operation_id, message_id) do nothing
        "#,
        id.0,
        ids,
        reason
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Which of these messages are noted already.
pub(super) async fn noted(tx: &mut PgConnection, id: OperationId, messages: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select message_id from operation_items where operation_id = $1 and message_id = any($2)",
        id.0,
        messages
    )
    .fetch_all(tx)
    .await
}

pub(super) async fn items(
    db: &PgPool,
    id: OperationId,
    state: Option<ItemState>,
    after: Uuid,
    limit: i64,
) -> sqlx::Result<Vec<OperationItem>> {
    let rows = sqlx::query!(
        r#"
        select message_id, state, queue, subject, reason, at from operation_items
        where operation_id = $1 and ($2::text is null or state = $2) and message_id > $3
        order by message_id limit $4
        "#,
        id.0,
        state.map(ItemState::as_str),
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OperationItem {
            message_id: MessageId(row.message_id),
            state: row.state.parse().expect("the schema knows every state"),
            queue: row.queue,
            subject: row.subject,
            reason: row.reason,
            at: row.at,
        })
        .collect())
}

pub(super) async fn of_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<Part>> {
    let rows = sqlx::query!(
        r#"
        select operation.id, operation.kind, operation.actor, item.state, item.at
        from operation_items item join operations operation on operation.id = item.operation_id
        where item.message_id = $1 order by operation.id desc limit 20
        "#,
        message.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Part {
            operation_id: OperationId(row.id),
            kind: row.kind,
            actor: row.actor,
            state: row.state,
            at: row.at,
        })
        .collect())
}
