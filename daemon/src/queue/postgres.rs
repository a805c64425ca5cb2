//! Queues as rows of `queue_messages`: short claims with `for update skip locked`, a receipt checked by every later act.
//!
//! A feature sends inside its own transaction, so a message exists exactly when the change it belongs to does.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::{MessageId, UploadId};
use uuid::Uuid;

use super::{Message, NewMessage, QueueName};

/// The channel that wakes workers; its payload is the name of the queue.
pub const WAKE_CHANNEL: &str = "tradepost_queue";

/// Sends messages in the caller's transaction.
pub async fn send(tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|_| Uuid::now_v7()).collect();
    let queues: Vec<String> = messages
        .iter()
        .map(|message| message.queue.as_str().to_owned())
        .collect();
    let lanes: Vec<i16> = messages.iter().map(|message| message.lane as i16).collect();
    let payloads: Vec<serde_json::Value> = messages.iter().map(|message| message.payload.clone()).collect();
    let uploads: Vec<Uuid> = messages.iter().map(|message| message.upload_id.0).collect();
    let delays: Vec<f64> = messages.iter().map(|message| message.delay.as_secs_f64()).collect();
    sqlx::query!(
        r#"
        insert into queue_messages (id, queue, lane, payload, upload_id, visible_at)
        select id, queue, lane, payload, upload_id, now() + make_interval(secs => delay)
        from unnest($1::uuid[], $2::text[], $3::int2[], $4::jsonb[], $5::uuid[], $6::float8[])
            as message (id, queue, lane, payload, upload_id, delay)
        "#,
        &ids,
        &queues,
        &lanes,
        &payloads,
        &uploads,
        &delays,
    )
    .execute(&mut *tx)
    .await?;
    wake(tx, messages).await
}

async fn wake(tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
    for queue in QueueName::ALL {
        if messages
            .iter()
            .any(|message| message.queue == queue && message.delay.is_zero())
        {
            sqlx::query!("select pg_notify($1, $2)", WAKE_CHANNEL, queue.as_str())
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(())
}

/// Receives up to `limit` messages, interactive ones first, and hides them for `visibility`.
pub async fn receive(pool: &PgPool, queue: QueueName, limit: u32, visibility: Duration) -> sqlx::Result<Vec<Message>> {
    let rows = sqlx::query!(
        r#"
        with ready as (
            select id, visible_at from queue_messages
            where queue = $1 and visible_at <= now()
            order by lane, visible_at
            limit $2
            for update skip locked
        )
        update queue_messages message
        set receipt = gen_random_uuid(), receive_count = receive_count + 1, visible_at = now() + make_interval(secs => $3)
        from ready where message.id = ready.id
        returning message.id, message.payload, message.upload_id, message.receipt as "receipt!", message.receive_count,
            message.enqueued_at, extract(epoch from now() - ready.visible_at)::float8 as "waited!"
        "#,
        queue.as_str(),
        i64::from(limit),
        visibility.as_secs_f64(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Message {
            id: MessageId(row.id),
            queue,
            payload: row.payload,
            upload_id: row.upload_id.map(UploadId),
            receipt: row.receipt,
            attempt: row.receive_count.unsigned_abs(),
            enqueued_at: row.enqueued_at,
            waited: Duration::from_secs_f64(row.waited.max(0.0)),
        })
        .collect())
}

/// How long until the next message of the queue becomes visible; `None` when it holds none.
pub async fn next_visible_in(pool: &PgPool, queue: QueueName) -> sqlx::Result<Option<Duration>> {
    let seconds = sqlx::query_scalar!(
        "select extract(epoch from min(visible_at) - now())::float8 from queue_messages where queue = $1",
        queue.as_str()
    )
    .fetch_one(pool)
    .await?;
    Ok(seconds.map(|seconds| Duration::from_secs_f64(seconds.max(0.0))))
}

/// Deletes a message. `false`: the receipt has expired and somebody else has the message now.
pub async fn delete(executor: impl sqlx::PgExecutor<'_>, id: MessageId, receipt: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from queue_messages where id = $1 and receipt = $2",
        id.0,
        receipt
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a message back: it is received again after `delay`, with the attempt counted.
pub async fn release(pool: &PgPool, id: MessageId, receipt: Uuid, delay: Duration) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update queue_messages set receipt = null, visible_at = now() + make_interval(secs => $3) where id = $1 and receipt = $2",
        id.0,
        receipt,
        delay.as_secs_f64()
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a message back as if it had not been received.
pub async fn give_back(pool: &PgPool, id: MessageId, receipt: Uuid, delay: Duration) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update queue_messages
        set receipt = null, receive_count = receive_count - 1, visible_at = now() + make_interval(secs => $3)
        where id = $1 and receipt = $2
        "#,
        id.0,
        receipt,
        delay.as_secs_f64()
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Extends the visibility timeout of messages in hand; answers with those whose receipt is still good.
pub async fn extend(pool: &PgPool, held: &[(MessageId, Uuid)], visibility: Duration) -> sqlx::Result<Vec<MessageId>> {
    let (ids, receipts): (Vec<Uuid>, Vec<Uuid>) = held.iter().map(|(id, receipt)| (id.0, *receipt)).unzip();
    let kept = sqlx::query_scalar!(
        r#"
        update queue_messages message set visible_at = now() + make_interval(secs => $3)
        from unnest($1::uuid[], $2::uuid[]) as held (id, receipt)
        where message.id = held.id and message.receipt = held.receipt
        returning message.id
        "#,
        &ids,
        &receipts,
        visibility.as_secs_f64()
    )
    .fetch_all(pool)
    .await?;
    Ok(kept.into_iter().map(MessageId).collect())
}

/// Makes every message in flight visible at once: right only when no other process can hold a receipt.
pub async fn release_all(pool: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update queue_messages set receipt = null, visible_at = now() where receipt is not null and visible_at > now()"
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// The state of one queue in the database.
#[derive(Debug, Clone, Default)]
pub struct Depth {
    pub queue: String,
    pub ready: i64,
    pub in_flight: i64,
    pub delayed: i64,
    pub dead: i64,
    pub oldest_age_seconds: Option<f64>,
    pub paused_by: Option<String>,
}

/// Depth, oldest age, dead letters and pause of every queue that has any.
pub async fn depths(pool: &PgPool) -> sqlx::Result<Vec<Depth>> {
    sqlx::query_as!(
        Depth,
        r#"
        select name as "queue!",
            coalesce(message.ready, 0) as "ready!", coalesce(message.in_flight, 0) as "in_flight!",
            coalesce(message.delayed, 0) as "delayed!", coalesce(dead.dead, 0) as "dead!",
            message.oldest_age_seconds, settings.paused_by
        from unnest($1::text[]) as name
        left join (
            select queue, count(*) filter (where visible_at <= now()) as ready,
                count(*) filter (where visible_at > now() and receipt is not null) as in_flight,
                count(*) filter (where visible_at > now() and receipt is null) as delayed,
                extract(epoch from now() - min(visible_at) filter (where visible_at <= now()))::float8 as oldest_age_seconds
            from queue_messages group by queue
        ) message on message.queue = name
        left join (select queue, count(*) as dead from dead_letters group by queue) dead on dead.queue = name
        left join queue_settings settings on settings.queue = name
        "#,
        &QueueName::ALL.map(|queue| queue.as_str().to_owned())
    )
    .fetch_all(pool)
    .await
}

/// Who paused the queue, if anybody did.
pub async fn paused_by(pool: &PgPool, queue: QueueName) -> sqlx::Result<Option<String>> {
    let row = sqlx::query_scalar!("select paused_by from queue_settings where queue = $1", queue.as_str())
        .fetch_optional(pool)
        .await?;
    Ok(row.flatten())
}

/// Pauses (`Some(actor)`) or resumes a queue in the caller's transaction and wakes its workers.
pub async fn set_paused(tx: &mut PgConnection, queue: QueueName, paused_by: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into queue_settings (queue, paused_by, paused_at) values ($1, $2, case when $2::text is null then null else now() end)
        on conflict (queue) do update set paused_by = excluded.paused_by, paused_at = excluded.paused_at
        "#,
        queue.as_str(),
        paused_by
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("select pg_notify($1, $2)", WAKE_CHANNEL, queue.as_str())
        .execute(&mut *tx)
        .await?;
    Ok(())
}
