//! The outbox: with SQS, messages are rows of it first, sent in the transaction of the change they belong to.
//!
//! The relay claims rows and commits the claim before it sends anything: no transaction is held across SQS. It deletes by its claim what
//! was sent. When it dies in between, the claim expires and the rows are sent again: handlers are idempotent.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::MessageId;
use tradepost_common::queues::{Backend, Lane};
use uuid::Uuid;

use crate::dead_letters::{self, NewDeadLetter, RedriveLog};
use crate::message::{Depth, NewMessage, Queue, backoff};
use crate::notification::{self, OUTBOX};
use crate::sqs::{OutboxMessage, SendResult};

/// Refusals of SQS after which a message becomes a dead letter.
pub const MAX_TRIES: i32 = 20;
const MAX_BACKOFF: Duration = Duration::from_secs(60);
/// The time until the next try after a failure that is not the message's.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A claimed row.
#[derive(Debug)]
pub struct OutboxRow {
    id: i64,
    tries: i32,
    message: OutboxMessage,
}

/// Rows that nobody else sends until the claim expires.
#[derive(Debug)]
pub struct Claim {
    claim: Uuid,
    pub rows: Vec<OutboxRow>,
}

impl Claim {
    pub fn messages(&self) -> Vec<&OutboxMessage> {
        self.rows.iter().map(|row| &row.message).collect()
    }
}

/// Inserts messages in the caller's transaction and notifies the relay.
pub async fn insert(tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id.0).collect();
    let queues: Vec<String> = messages.iter().map(|m| m.queue.as_str().to_owned()).collect();
    let lanes: Vec<i16> = messages.iter().map(|message| message.lane as i16).collect();
    let payloads: Vec<serde_json::Value> = messages.iter().map(|message| message.payload.clone()).collect();
    let correlation_ids: Vec<Option<Uuid>> = messages.iter().map(|message| message.correlation_id).collect();
    let trace_parents: Vec<Option<String>> = messages.iter().map(|message| message.trace_parent.clone()).collect();
    let redrives: Vec<i32> = messages.iter().map(|m| m.redrives.cast_signed()).collect();
    let delays: Vec<f64> = messages.iter().map(|message| message.delay.as_secs_f64()).collect();
    sqlx::query!(
        r#"
        insert into outbox (message_id, queue, lane, payload, correlation_id, trace_parent, redrives, visible_at)
        select id, queue, lane, payload, correlation_id, trace_parent, redrives, now() + make_interval(secs => delay)
        from unnest($1::uuid[], $2::text[], $3::int2[], $4::jsonb[], $5::uuid[], $6::text[], $7::int4[], $8::float8[])
            as message (id, queue, lane, payload, correlation_id, trace_parent, redrives, delay)
        "#,
        &ids,
        &queues,
        &lanes,
        &payloads,
        &correlation_ids as &[Option<Uuid>],
        &trace_parents as &[Option<String>],
        &redrives,
        &delays,
    )
    .execute(&mut *tx)
    .await?;
    notification::notify(tx, OUTBOX).await
}

/// Claims rows for 30 s that are due within the longest delay of SQS.
pub async fn claim(db: &PgPool, queues: &[Queue], limit: i64) -> sqlx::Result<Claim> {
    let claim = Uuid::new_v4();
    let rows = sqlx::query!(
        r#"
        update outbox set claim = $1, claimed_until = now() + interval '30 seconds'
        where id in (
            select id from outbox
            where visible_at <= now() + interval '900 seconds' and (claimed_until is null or claimed_until <= now())
            order by visible_at, id limit $2
            for update skip locked
        )
        returning id, message_id, queue, lane, payload, correlation_id, trace_parent, redrives, enqueued_at, tries,
            greatest(extract(epoch from visible_at - now()), 0)::float8 as "delay!"
        "#,
        claim,
        limit
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().filter_map(|row| {
        let message = NewMessage {
            id: MessageId(row.message_id),
            queue: Queue::parse(&row.queue, queues)?,
            lane: Lane::from_column(row.lane),
            payload: row.payload,
            correlation_id: row.correlation_id,
            trace_parent: row.trace_parent,
            redrives: row.redrives.unsigned_abs(),
            delay: Duration::from_secs_f64(row.delay),
            yields: Duration::ZERO,
        };
        Some(OutboxRow {
            id: row.id,
            tries: row.tries,
            message: OutboxMessage {
                message,
                enqueued_at: row.enqueued_at,
            },
        })
    });
    Ok(Claim {
        claim,
        rows: rows.collect(),
    })
}

/// Deletes the rows that were sent and postpones the others.
///
/// # Errors
/// The claim expires, and all of its rows are sent again.
pub async fn settle(db: &PgPool, log: &dyn RedriveLog, claim: Claim, results: Vec<SendResult>) -> anyhow::Result<()> {
    let (mut sent, mut failure) = (Vec::new(), None);
    for (row, result) in claim.rows.iter().zip(results) {
        match result {
            SendResult::Sent => sent.push(row.id),
            SendResult::Refused(error) if row.tries + 1 >= MAX_TRIES => {
                dead_letter(db, log, claim.claim, row, &error).await?
            }
            SendResult::Refused(error) => {
                let after = backoff(Duration::from_secs(1), row.tries.unsigned_abs() + 1).min(MAX_BACKOFF);
                tracing::warn!(message.id = %row.message.message.id, error, "SQS refused a message");
                postpone(db, claim.claim, row.id, 1, &error, after).await?;
            }
            SendResult::Failed(error) => {
                postpone(db, claim.claim, row.id, 0, &error, RETRY_AFTER).await?;
                failure = Some(error);
            }
        }
    }
    if let Some(error) = failure {
        tracing::warn!(error, "could not send messages to SQS; they stay in the outbox");
    }
    delete(db, claim.claim, &sent).await?;
    Ok(())
}

async fn delete(executor: impl sqlx::PgExecutor<'_>, claim: Uuid, ids: &[i64]) -> sqlx::Result<u64> {
    let done = sqlx::query!("delete from outbox where id = any($2) and claim = $1", claim, ids)
        .execute(executor)
        .await?;
    Ok(done.rows_affected())
}

/// Keeps the claim until the next try.
async fn postpone(db: &PgPool, claim: Uuid, id: i64, tries: i32, error: &str, after: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update outbox set tries = tries + $3, error = $4, claimed_until = now() + make_interval(secs => $5)
        where id = $2 and claim = $1
        "#,
        claim,
        id,
        tries,
        error,
        after.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Dead-letters a message that SQS refuses.
async fn dead_letter(
    db: &PgPool,
    log: &dyn RedriveLog,
    claim: Uuid,
    row: &OutboxRow,
    error: &str,
) -> anyhow::Result<()> {
    let message = &row.message.message;
    let (queue, error) = (message.queue.as_str(), format!("could not be sent: {error}"));
    let mut tx = db.begin().await?;
    if delete(&mut *tx, claim, &[row.id]).await? == 0 {
        return Ok(());
    }
    let new = NewDeadLetter {
        id: message.id,
        queue,
        lane: message.lane,
        payload: &message.payload,
        correlation_id: message.correlation_id,
        attempts: 0,
        redrives: message.redrives,
        receives: 0,
        error: &error,
        enqueued_at: row.message.enqueued_at,
        backend: Backend::Sqs,
    };
    dead_letters::insert(&mut tx, log, &new).await?;
    tx.commit().await?;
    tracing::error!(queue, message.id = %message.id, error, "message became a dead letter");
    Ok(())
}

/// Counts the messages that are not on SQS yet, by queue.
pub async fn depths(db: &PgPool, queues: &[Queue]) -> sqlx::Result<Vec<(Queue, Depth)>> {
    let rows = sqlx::query!(
        r#"
        select queue, count(*) filter (where visible_at <= now()) as "ready!",
            count(*) filter (where visible_at > now()) as "delayed!",
            extract(epoch from now() - min(visible_at) filter (where visible_at <= now()))::float8 as oldest_age_seconds
        from outbox group by queue
        "#
    )
    .fetch_all(db)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let depth = Depth {
            ready: row.ready,
            in_flight: 0,
            delayed: row.delayed,
            oldest_age_seconds: row.oldest_age_seconds,
        };
        Some((Queue::parse(&row.queue, queues)?, depth))
    });
    Ok(known.collect())
}
