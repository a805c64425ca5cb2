//! Failed attempts, kept in PostgreSQL whichever backend runs: a queue does not say why a message failed, we do.

use std::collections::HashMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::dead::DeadAttempt;
use tradepost_common::ids::{MessageId, UploadId};
use tradepost_common::uploads::Attempt;
use uuid::Uuid;

use super::Message;

/// An error is kept up to this length.
const MAX_ERROR_CHARS: usize = 2_000;

/// One failed attempt at a message.
#[derive(Debug)]
pub struct Failure<'a> {
    pub message: &'a Message,
    /// `postgres` or `sqs`.
    pub backend: &'static str,
    pub worker: &'a str,
    pub error: &'a str,
    pub started_at: OffsetDateTime,
    pub took: Duration,
}

/// What the message is about, for people: the file of the pack.
pub fn subject(payload: &serde_json::Value) -> Option<&str> {
    payload.get("path").and_then(serde_json::Value::as_str)
}

/// Records a failed attempt after which the message will be tried again.
pub async fn record_retry(executor: impl sqlx::PgExecutor<'_>, failure: &Failure<'_>) -> sqlx::Result<()> {
    record(executor, failure, "retry").await
}

/// Records the last failed attempt.
pub async fn record_last(executor: impl sqlx::PgExecutor<'_>, failure: &Failure<'_>) -> sqlx::Result<()> {
    record(executor, failure, "dead").await
}

/// Copies of a message, as SQS may deliver them, can fail at once: that is one attempt.
async fn record(executor: impl sqlx::PgExecutor<'_>, failure: &Failure<'_>, outcome: &str) -> sqlx::Result<()> {
    let message = failure.message;
    sqlx::query!(
        r#"
        insert into attempts (message_id, queue, attempt, redrives, worker, outcome, error, fingerprint, upload_id, subject,
            started_at, duration_ms)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (message_id, redrives, attempt) do nothing
        "#,
        message.id().0,
        message.queue().as_str(),
        message.attempt.cast_signed(),
        message.redrives.cast_signed(),
        failure.worker,
        outcome,
        shorten(failure.error),
        fingerprint(failure.error),
        message.upload_id.map(|id| id.0),
        subject(&message.payload),
        failure.started_at,
        i64::try_from(failure.took.as_millis()).unwrap_or(i64::MAX),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// What is known of a message by its failures, for a backend that does not count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Failed attempts since it was sent or redriven.
    pub failures: u32,
    /// Whether it has become a dead letter: what comes now is a copy.
    pub buried: bool,
}

/// The standing of messages, each with how often it was redriven; one that never failed is missing.
pub async fn standing(db: &PgPool, messages: &[(MessageId, u32)]) -> sqlx::Result<HashMap<(MessageId, u32), Standing>> {
    let (ids, redrives): (Vec<Uuid>, Vec<i32>) = messages.iter().map(|(id, n)| (id.0, n.cast_signed())).unzip();
    let rows = sqlx::query!(
        r#"
        select attempts.message_id, attempts.redrives, count(*) as "failures!", bool_or(outcome = 'dead') as "buried!"
        from attempts join unnest($1::uuid[], $2::int4[]) as message (id, redrives)
            on attempts.message_id = message.id and attempts.redrives = message.redrives
        group by attempts.message_id, attempts.redrives
        "#,
        &ids,
        &redrives
    )
    .fetch_all(db)
    .await?;
    let known = rows.into_iter().map(|row| {
        let standing = Standing {
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            buried: row.buried,
        };
        ((MessageId(row.message_id), row.redrives.unsigned_abs()), standing)
    });
    Ok(known.collect())
}

/// What the last failed attempt at a message in its present life said.
pub async fn last_error(db: &PgPool, message: MessageId, redrives: u32) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select error from attempts where message_id = $1 and redrives = $2 order by id desc limit 1",
        message.0,
        redrives.cast_signed()
    )
    .fetch_optional(db)
    .await
}

/// The last 100 failed attempts at a message, newest first, earlier lives included.
pub async fn of_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<DeadAttempt>> {
    let rows = sqlx::query!(
        r#"
        select queue, message_id, attempt, redrives, subject, error, fingerprint, outcome, worker, started_at, duration_ms
        from attempts where message_id = $1 order by id desc limit 100
        "#,
        message.0
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| DeadAttempt {
            attempt: Attempt {
                queue: row.queue,
                message_id: MessageId(row.message_id),
                attempt: row.attempt,
                file: row.subject,
                error: row.error,
                outcome: row.outcome,
                at: row.started_at,
                duration_ms: row.duration_ms,
            },
            worker: row.worker,
            redrives: row.redrives,
            fingerprint: row.fingerprint,
        })
        .collect())
}

/// The last 100 failed attempts at the messages of an upload, newest first.
pub async fn of_upload(pool: &PgPool, upload: UploadId) -> sqlx::Result<Vec<Attempt>> {
    let rows = sqlx::query!(
        r#"
        select queue, message_id, attempt, subject, error, outcome, started_at, duration_ms
        from attempts where upload_id = $1 order by id desc limit 100
        "#,
        upload.0
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Attempt {
            queue: row.queue,
            message_id: MessageId(row.message_id),
            attempt: row.attempt,
            file: row.subject,
            error: row.error,
            outcome: row.outcome,
            at: row.started_at,
            duration_ms: row.duration_ms,
        })
        .collect())
}

/// What errors of one cause have in common: the text without numbers, ids and quoted names, hashed.
pub fn fingerprint(error: &str) -> String {
    let unquoted = error.split('"').step_by(2);
    let is_common = |word: &&str| !word.contains(|c: char| c.is_ascii_digit() || c == '/');
    let shape: Vec<&str> = unquoted.flat_map(str::split_whitespace).filter(is_common).collect();
    hex::encode(&Sha256::digest(shape.join(" ").as_bytes())[..8])
}

/// An error as it is kept.
pub fn shorten(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(MAX_ERROR_CHARS).collect()
}

/// The id of a fresh worker: `host:pid`.
pub fn worker_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn same_cause_has_the_same_fingerprint() {
        let one = fingerprint("opening \"icons/a b.svg\": timed out after 10 s");
        assert_eq!(one, fingerprint("opening \"icons/c.svg\": timed out after 12 s"));
        assert_ne!(one, fingerprint("opening \"icons/c.svg\": connection refused"));
    }
}
