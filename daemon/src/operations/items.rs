//! The items of an operation: what became of each message it selected. A kind whose entries are messages keeps them here.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::dead::Part;
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{ItemState, OperationItem};
use uuid::Uuid;

use super::kind::Outcomes;

/// An item to be kept.
#[derive(Debug, Default)]
pub struct NewItem {
    pub message_id: Uuid,
    pub queue: String,
    pub subject: Option<String>,
    pub reason: Option<String>,
    pub payload: Option<Value>,
}

/// Notes items that are not noted yet. Answers with how many are new.
pub async fn insert(
    tx: &mut PgConnection,
    id: OperationId,
    state: ItemState,
    items: impl IntoIterator<Item = NewItem>,
) -> sqlx::Result<u64> {
    let (mut ids, mut queues, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reasons, mut payloads) = (Vec::new(), Vec::new());
    for item in items {
        ids.push(item.message_id);
        queues.push(item.queue);
        subjects.push(item.subject);
        reasons.push(item.reason);
        payloads.push(item.payload);
    }
    let done = sqlx::query!(
        r#"
        insert into operation_items (operation_id, message_id, state, queue, subject, reason, payload)
        select $1, message_id, $2, queue, subject, reason, payload
        from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::jsonb[]) as item (message_id, queue, subject, reason, payload)
        on conflict (operation_id, message_id) do nothing
        "#,
        id.0,
        state.as_str(),
        &ids,
        &queues,
        &subjects as &[Option<String>],
        &reasons as &[Option<String>],
        &payloads as &[Option<Value>]
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Those of some messages that are noted already.
pub async fn noted(tx: &mut PgConnection, id: OperationId, messages: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select message_id from operation_items where operation_id = $1 and message_id = any($2)",
        id.0,
        messages
    )
    .fetch_all(tx)
    .await
}

/// Counts the outcomes of an operation's items into its row.
pub async fn count_outcomes(db: &PgPool, id: OperationId) -> sqlx::Result<Outcomes> {
    sqlx::query_as!(
        Outcomes,
        r#"
        with counted as (
            select count(*) filter (where state = 'done') as succeeded, count(*) filter (where state = 'failed') as refailed
            from operation_items where operation_id = $1 and state in ('done', 'failed')
        )
        update operations operation set succeeded = counted.succeeded, refailed = counted.refailed,
            updated_at = case
                when operation.succeeded = counted.succeeded and operation.refailed = counted.refailed
                then operation.updated_at else now() end
        from counted where operation.id = $1
        returning counted.succeeded as "succeeded!", counted.refailed as "failed!",
            operation.acted - counted.succeeded - counted.refailed as "unknown!"
        "#,
        id.0
    )
    .fetch_one(db)
    .await
}

/// The items of an operation, by message.
pub(super) async fn list(
    db: &PgPool,
    id: OperationId,
    state: Option<ItemState>,
    after: Option<MessageId>,
    limit: u32,
) -> sqlx::Result<Page<OperationItem>> {
    let rows = sqlx::query_as!(
        OperationItem,
        r#"
        select message_id as "message_id: MessageId", state as "state: ItemState", queue, subject, reason, at as "at: OffsetDateTime"
        from operation_items
        where operation_id = $1 and ($2::text is null or state = $2) and message_id > $3
        order by message_id limit $4
        "#,
        id.0,
        state.map(ItemState::as_str),
        after.map_or(Uuid::nil(), |id| id.0),
        i64::from(limit)
    )
    .fetch_all(db)
    .await?;
    Ok(Page::from_rows(rows, limit, |row| row.message_id))
}

/// The operations that a message took part in, newest first.
pub async fn operations_of_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<Part>> {
    sqlx::query_as!(
        Part,
        r#"
        select operation.id as "operation_id: OperationId", operation.kind, operation.actor, item.state, item.at as "at: OffsetDateTime"
        from operation_items item join operations operation on operation.id = item.operation_id
        where item.message_id = $1 order by operation.id desc limit 20
        "#,
        message.0
    )
    .fetch_all(db)
    .await
}
