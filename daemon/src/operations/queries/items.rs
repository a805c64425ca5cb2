//! Statements about `operation_items`.

use sqlx::{PgConnection, PgPool};
use tradepost_common::dead::Part;
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{ItemState, OperationItem};
use uuid::Uuid;

use crate::dead_letters::DeadLetter;

/// Notes what became of messages; one that is noted already stays as it is. Answers with those that are new.
pub(in crate::operations) async fn insert_items(
    tx: &mut PgConnection,
    id: OperationId,
    state: ItemState,
    letters: &[(&DeadLetter, Option<&str>)],
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
pub(in crate::operations) async fn insert_missing(
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
pub(in crate::operations) async fn noted(
    tx: &mut PgConnection,
    id: OperationId,
    messages: &[Uuid],
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select message_id from operation_items where operation_id = $1 and message_id = any($2)",
        id.0,
        messages
    )
    .fetch_all(tx)
    .await
}

pub(in crate::operations) async fn items(
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

pub(in crate::operations) async fn of_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<Part>> {
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
