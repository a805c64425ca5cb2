//! The outbox: with SQS, a feature enqueues rows of it in its own transaction, and a relay sends them.
//!
//! A relay claims rows and commits that before it sends anything: no transaction is held across SQS. What was sent is deleted
//! by the claim. A relay that dies in between leaves rows whose claim runs out, and they are sent again: handlers are idempotent.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use tradepost_common::ids::{MessageId, UploadId};
use uuid::Uuid;

use super::dead::{New, service as dead};
use super::sqs::{Parcel, Sending, Sqs};
use super::wake::{OUTBOX, WAKE_CHANNEL, Wake};
use super::{Depth, Lane, NewMessage, QueueName, backoff};
use crate::leases;

/// Rows sent in one go.
const CLAIMED_AT_ONCE: i64 = 200;
/// The relay's lease, and how long others wait for it.
const LEASE: Duration = Duration::from_secs(30);
const BETWEEN_TRIES: Duration = Duration::from_secs(5);
/// After the stop.
const FINISHED_WITHIN: Duration = Duration::from_secs(5);
/// Looked at this often even if nobody rings.
const IDLE_POLL: Duration = Duration::from_secs(2);
/// A message that SQS refuses this often is not sent again.
pub const MAX_TRIES: i32 = 20;

/// A claimed row.
#[derive(Debug)]
pub struct Row {
    id: i64,
    tries: i32,
    queue: String,
    parcel: Parcel,
}

/// Rows that nobody else sends until the claim runs out.
#[derive(Debug)]
pub struct Claim {
    claim: Uuid,
    pub rows: Vec<Row>,
}

/// Relays what comes into the outbox until `stop` is cancelled.
///
/// # Errors
/// Never: a database or an SQS that is away is waited for.
pub async fn run(
    db: PgPool,
    sqs: Arc<Sqs>,
    wake: Arc<Wake>,
    holder: String,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // What is under way may be finished; what is not is claimed for no longer than a claim lasts.
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(FINISHED_WITHIN).await;
    };
    tokio::pin!(too_late);
    while !stop.is_cancelled() {
        let filled = wake.outbox_filled();
        let turned = tokio::select! {
            () = &mut too_late => break,
            turned = turn(&db, &sqs, &holder) => turned,
        };
        let wait = match turned {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "could not relay the outbox");
                Some(BETWEEN_TRIES)
            }
        };
        let Some(wait) = wait else { continue };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            () = filled, if wait <= IDLE_POLL => {}
        }
    }
    Ok(())
}

/// Answers with how long to wait; `None`: there may be more.
async fn turn(db: &PgPool, sqs: &Sqs, holder: &str) -> anyhow::Result<Option<Duration>> {
    if leases::hold(db, "outbox", holder, LEASE).await?.is_none() {
        return Ok(Some(BETWEEN_TRIES));
    }
    let claim = claim(db, CLAIMED_AT_ONCE).await?;
    if claim.rows.is_empty() {
        return Ok(Some(IDLE_POLL));
    }
    let outcomes = send(sqs, &claim).await;
    let any_sent = outcomes.contains(&Sending::Sent);
    settle(db, claim, outcomes).await?;
    Ok(if any_sent { None } else { Some(IDLE_POLL) })
}

/// Claims rows that are due, for 30 s. Those that SQS can not delay for long enough wait.
///
/// # Errors
/// When the database does not answer.
pub async fn claim(db: &PgPool, limit: i64) -> sqlx::Result<Claim> {
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
        returning id, message_id, queue, lane, payload, upload_id, redrives, enqueued_at, tries,
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
            queue: QueueName::parse(&row.queue)?,
            lane: Lane::from_column(row.lane),
            payload: row.payload,
            upload_id: row.upload_id.map(UploadId),
            redrives: row.redrives.unsigned_abs(),
            delay: Duration::from_secs_f64(row.delay),
        };
        Some(Row {
            id: row.id,
            tries: row.tries,
            queue: row.queue,
            parcel: Parcel {
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

/// Sends what was claimed.
pub async fn send(sqs: &Sqs, claim: &Claim) -> Vec<Sending> {
    let parcels: Vec<_> = claim.rows.iter().map(|row| row.parcel.clone()).collect();
    sqs.send(&parcels).await
}

/// Deletes what was sent, and notes what was not.
///
/// # Errors
/// When the database does not answer: the claim runs out, and all of it is sent again.
pub async fn settle(db: &PgPool, claim: Claim, outcomes: Vec<Sending>) -> anyhow::Result<()> {
    let (mut sent, mut passing) = (Vec::new(), None);
    for (row, outcome) in claim.rows.iter().zip(outcomes) {
        match outcome {
            Sending::Sent => sent.push(row.id),
            Sending::Refused(error) if row.tries + 1 >= MAX_TRIES => bury(db, claim.claim, row, &error).await?,
            Sending::Refused(error) => {
                let after = backoff(Duration::from_secs(1), row.tries.unsigned_abs() + 1).min(Duration::from_secs(60));
                tracing::warn!(message.id = %row.parcel.message.id, error, "SQS refused a message");
                postpone(db, claim.claim, row.id, 1, &error, after).await?;
            }
            Sending::Failed(error) => {
                postpone(db, claim.claim, row.id, 0, &error, BETWEEN_TRIES).await?;
                passing = Some(error);
            }
        }
    }
    if let Some(error) = passing {
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

/// The claim becomes the time until the next try.
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

/// A message that SQS never takes becomes a dead letter.
async fn bury(db: &PgPool, claim: Uuid, row: &Row, error: &str) -> anyhow::Result<()> {
    let message = &row.parcel.message;
    let error = format!("could not be sent: {error}");
    let mut tx = db.begin().await?;
    if delete(&mut *tx, claim, &[row.id]).await? == 0 {
        return Ok(());
    }
    let new = New {
        id: message.id,
        queue: &row.queue,
        lane: message.lane,
        payload: &message.payload,
        upload_id: message.upload_id,
        attempts: 0,
        redrives: message.redrives,
        receives: 0,
        error: &error,
        enqueued_at: row.parcel.enqueued_at,
        backend: "sqs",
    };
    dead::insert(&mut tx, &new).await?;
    tx.commit().await?;
    tracing::error!(queue = row.queue, message.id = %message.id, error, "message became a dead letter");
    Ok(())
}

/// Puts messages into the outbox in the caller's transaction and wakes the relay.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(tx: &mut PgConnection, messages: &[NewMessage]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id.0).collect();
    let queues: Vec<String> = messages.iter().map(|m| m.queue.as_str().to_owned()).collect();
    let lanes: Vec<i16> = messages.iter().map(|message| message.lane as i16).collect();
    let payloads: Vec<serde_json::Value> = messages.iter().map(|message| message.payload.clone()).collect();
    let uploads: Vec<Option<Uuid>> = messages.iter().map(|m| m.upload_id.map(|id| id.0)).collect();
    let redrives: Vec<i32> = messages.iter().map(|m| m.redrives.cast_signed()).collect();
    let delays: Vec<f64> = messages.iter().map(|message| message.delay.as_secs_f64()).collect();
    sqlx::query!(
        r#"
        insert into outbox (message_id, queue, lane, payload, upload_id, redrives, visible_at)
        select id, queue, lane, payload, upload_id, redrives, now() + make_interval(secs => delay)
        from unnest($1::uuid[], $2::text[], $3::int2[], $4::jsonb[], $5::uuid[], $6::int4[], $7::float8[])
            as message (id, queue, lane, payload, upload_id, redrives, delay)
        "#,
        &ids,
        &queues,
        &lanes,
        &payloads,
        &uploads as &[Option<Uuid>],
        &redrives,
        &delays,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("select pg_notify($1, $2)", WAKE_CHANNEL, OUTBOX)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many messages are not on SQS yet, by queue.
///
/// # Errors
/// When the database does not answer.
pub async fn depths(db: &PgPool) -> sqlx::Result<Vec<(QueueName, Depth)>> {
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
        Some((QueueName::parse(&row.queue)?, depth))
    });
    Ok(known.collect())
}
