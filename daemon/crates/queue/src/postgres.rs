//! Queues as rows of `queue_messages`: short claims with `for update skip locked`; every later statement checks the receipt handle.
//!
//! A message is sent in the transaction of the change it belongs to: one exists exactly when the other does.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::MessageId;
use tradepost_common::queues::Lane;
use uuid::Uuid;

use crate::message::{Depth, InFlight, MAX_YIELD, Message, NewMessage, Queue, ReceiptHandle};
use crate::notification::CHANNEL;

/// Ready messages of a queue with which no worker sleeps: see [`send`].
const READY_ENOUGH: i64 = 100;

/// Sends messages in the caller's transaction, and notifies the workers when it commits.
///
/// PostgreSQL commits transactions that notify one after the other, each waiting for the disk by itself. So none is notified where a
/// backlog shows that the workers are awake. They may finish the backlog before this transaction commits, and go to sleep without
/// having seen its messages: their first polls of an idle queue follow soon, later ones are rarer.
pub async fn send(tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id.0).collect();
    let queues: Vec<String> = messages
        .iter()
        .map(|message| message.queue.as_str().to_owned())
        .collect();
    let lanes: Vec<i16> = messages.iter().map(|message| message.lane as i16).collect();
    let payloads: Vec<serde_json::Value> = messages.iter().map(|message| message.payload.clone()).collect();
    let correlation_ids: Vec<Option<Uuid>> = messages.iter().map(|message| message.correlation_id).collect();
    let trace_parents: Vec<Option<String>> = messages.iter().map(|message| message.trace_parent.clone()).collect();
    let redrives: Vec<i32> = messages.iter().map(|m| m.redrives.cast_signed()).collect();
    let delays: Vec<f64> = messages.iter().map(|message| message.delay.as_secs_f64()).collect();
    let yields: Vec<f64> = messages.iter().map(yield_seconds).collect();
    sqlx::query!(
        r#"
        with sent as (
            insert into queue_messages (id, queue, lane, payload, correlation_id, trace_parent, redrives, visible_at, yielding)
            select id, queue, lane, payload, correlation_id, trace_parent, redrives, now() + make_interval(secs => delay + yields), yields > 0
            from unnest($1::uuid[], $2::text[], $3::int2[], $4::jsonb[], $5::uuid[], $6::text[], $7::int4[], $8::float8[], $11::float8[])
                as message (id, queue, lane, payload, correlation_id, trace_parent, redrives, delay, yields)
            returning queue, visible_at, yielding
        )
        select pg_notify($9, queue) from (select distinct queue from sent where visible_at <= now() or yielding) as woken
        where not exists (
            select from queue_messages waiting
            where waiting.queue = woken.queue and lane = any('{0,1}') and waiting.visible_at <= now()
            offset $10 limit 1
        )
        "#,
        &ids,
        &queues,
        &lanes,
        &payloads,
        &correlation_ids as &[Option<Uuid>],
        &trace_parents as &[Option<String>],
        &redrives,
        &delays,
        CHANNEL,
        READY_ENOUGH - 1,
        &yields,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A delayed message is not received before its time, so it yields to nobody.
fn yield_seconds(message: &NewMessage) -> f64 {
    if message.delay.is_zero() {
        message.yields.min(MAX_YIELD).as_secs_f64()
    } else {
        0.0
    }
}

/// Receives up to `limit` messages, interactive ones first, and hides them for `visibility`. A paused queue gives none.
///
/// In each lane the order is that of the times at which messages are visible. One that yields is not visible yet, and is received where none of
/// the others is left, if it yields for at most `yielding` longer.
///
/// Does not wait for the disk: after a crash of the server that undoes a receive, its receipt handle is lost. Whatever a handler
/// commits later is on disk together with the receive.
pub async fn receive(
    db: &PgPool,
    queue: Queue,
    limit: u32,
    visibility: Duration,
    yielding: Duration,
) -> sqlx::Result<Vec<Message>> {
    let rows = sqlx::query!(
        r#"
        with quick as materialized (select set_config('synchronous_commit', 'off', true)),
        ready as (
            select id, visible_at, yielding from queue_messages
            where queue = $1 and visible_at <= now() + make_interval(secs => $4) and (visible_at <= now() or yielding)
                and not exists (select from queue_settings where queue = $1 and paused_by is not null)
            order by lane, visible_at
            limit $2
            for update skip locked
        )
        update queue_messages message
        set receipt = gen_random_uuid(), receive_count = receive_count + 1, visible_at = now() + make_interval(secs => $3), yielding = false
        from ready, quick where message.id = ready.id
        returning message.id, message.lane, message.payload, message.correlation_id, message.trace_parent, message.receipt as "receipt!", message.receive_count,
            message.failures, message.redrives, message.enqueued_at,
            extract(epoch from now() - case when ready.yielding then message.enqueued_at else ready.visible_at end)::float8 as "waited!"
        "#,
        queue.as_str(),
        i64::from(limit),
        visibility.as_secs_f64(),
        yielding.as_secs_f64(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Message {
            in_flight: InFlight {
                id: MessageId(row.id),
                queue,
                lane: Lane::from_column(row.lane),
                receipt_handle: ReceiptHandle::Postgres(row.receipt),
            },
            payload: row.payload,
            correlation_id: row.correlation_id,
            trace_parent: row.trace_parent,
            attempt: row.failures.unsigned_abs() + 1,
            receives: row.receive_count.unsigned_abs(),
            redrives: row.redrives.unsigned_abs(),
            is_dead_lettered: false,
            enqueued_at: row.enqueued_at,
            waited: Duration::from_secs_f64(row.waited.max(0.0)),
            fault: None,
        })
        .collect())
}

/// The time until the next message of the queue becomes visible; `None` when it is empty.
pub async fn next_visible_in(db: &PgPool, queue: Queue) -> sqlx::Result<Option<Duration>> {
    // By lane: each is the first entry of the index.
    let seconds = sqlx::query_scalar!(
        r#"
        select extract(epoch from least(
            (select min(visible_at) from queue_messages where queue = $1 and lane = 0),
            (select min(visible_at) from queue_messages where queue = $1 and lane = 1)) - now())::float8
        "#,
        queue.as_str()
    )
    .fetch_one(db)
    .await?;
    Ok(seconds.map(|seconds| Duration::from_secs_f64(seconds.max(0.0))))
}

/// Deletes messages that are done, unless their receipt handles are lost.
///
/// Does not wait for the disk: a crash of the server may bring them back, as a kill of the worker just before does.
pub async fn delete(db: &PgPool, messages: &[InFlight]) -> sqlx::Result<()> {
    let (ids, receipts) = split(messages);
    sqlx::query!(
        r#"
        with quick as materialized (select set_config('synchronous_commit', 'off', true))
        delete from queue_messages message using unnest($1::uuid[], $2::uuid[]) as held (id, receipt), quick
        where message.id = held.id and message.receipt = held.receipt
        "#,
        &ids,
        &receipts
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes a message in the caller's transaction. `false`: the receipt handle is lost, another worker has the message.
pub async fn delete_in(tx: &mut PgConnection, message: &InFlight) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from queue_messages where id = $1 and receipt = $2",
        message.id.0,
        receipt(message)
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Releases a message and counts a failed attempt: it is visible again after `delay`.
pub async fn release_failed(tx: &mut PgConnection, message: &InFlight, delay: Duration) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update queue_messages
        set receipt = null, failures = failures + 1, visible_at = now() + make_interval(secs => $3)
        where id = $1 and receipt = $2
        "#,
        message.id.0,
        receipt(message),
        delay.as_secs_f64()
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Releases a message as if it had not been received.
pub async fn release(db: &PgPool, message: &InFlight, delay: Duration) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update queue_messages
        set receipt = null, receive_count = receive_count - 1, visible_at = now() + make_interval(secs => $3)
        where id = $1 and receipt = $2
        "#,
        message.id.0,
        receipt(message),
        delay.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Releases messages that were not started as if they had not been received, each with the time since it became visible.
pub async fn release_unstarted(db: &PgPool, messages: &[(InFlight, Duration)]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|(message, _)| message.id.0).collect();
    let receipts: Vec<Uuid> = messages.iter().map(|(message, _)| receipt(message)).collect();
    let ages: Vec<f64> = messages.iter().map(|(_, age)| age.as_secs_f64()).collect();
    sqlx::query!(
        r#"
        update queue_messages message
        set receipt = null, receive_count = receive_count - 1, visible_at = now() - make_interval(secs => held.age)
        from unnest($1::uuid[], $2::uuid[], $3::float8[]) as held (id, receipt, age)
        where message.id = held.id and message.receipt = held.receipt
        "#,
        &ids,
        &receipts,
        &ages
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Extends the visibility timeout of messages in flight. `false`: the receipt handle is lost.
pub async fn extend(db: &PgPool, messages: &[InFlight], visibility: Duration) -> sqlx::Result<Vec<bool>> {
    let (ids, receipts) = split(messages);
    let kept = sqlx::query_scalar!(
        r#"
        update queue_messages message set visible_at = now() + make_interval(secs => $3)
        from unnest($1::uuid[], $2::uuid[]) as held (id, receipt)
        where message.id = held.id and message.receipt = held.receipt
        returning held.receipt as "receipt!"
        "#,
        &ids,
        &receipts,
        visibility.as_secs_f64()
    )
    .fetch_all(db)
    .await?;
    Ok(receipts.iter().map(|receipt| kept.contains(receipt)).collect())
}

/// Makes every message in flight visible at once; safe only when no other process can have received one.
pub async fn release_all(db: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update queue_messages set receipt = null, visible_at = now() where receipt is not null and visible_at > now()"
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Counts messages by queue.
pub async fn depths(db: &PgPool, queues: &[Queue]) -> sqlx::Result<Vec<(Queue, Depth)>> {
    let rows = sqlx::query!(
        r#"
        select queue, count(*) filter (where visible_at <= now() or yielding) as "ready!",
            count(*) filter (where visible_at > now() and receipt is not null) as "in_flight!",
            count(*) filter (where visible_at > now() and receipt is null and not yielding) as "delayed!",
            extract(epoch from now() - min(visible_at) filter (where visible_at <= now()))::float8 as oldest_age_seconds
        from queue_messages group by queue
        "#
    )
    .fetch_all(db)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let depth = Depth {
            ready: row.ready,
            in_flight: row.in_flight,
            delayed: row.delayed,
            oldest_age_seconds: row.oldest_age_seconds,
        };
        Some((Queue::parse(&row.queue, queues)?, depth))
    });
    Ok(known.collect())
}

fn split(messages: &[InFlight]) -> (Vec<Uuid>, Vec<Uuid>) {
    messages.iter().map(|message| (message.id.0, receipt(message))).unzip()
}

fn receipt(message: &InFlight) -> Uuid {
    match message.receipt_handle {
        ReceiptHandle::Postgres(receipt) => receipt,
        ReceiptHandle::Sqs(_) => unreachable!("a message of SQS is settled by SQS"),
    }
}
