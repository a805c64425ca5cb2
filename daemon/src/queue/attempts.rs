//! Failed attempts and dead letters, kept in PostgreSQL whichever backend runs.

use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::Attempt;

use super::{Message, postgres};

/// An error is kept up to this length.
const MAX_ERROR_CHARS: usize = 2_000;

/// One failed attempt at a message.
#[derive(Debug)]
pub struct Failure<'a> {
    pub message: &'a Message,
    pub worker: &'a str,
    pub error: &'a str,
    /// What the message is about, for people: the file of the pack.
    pub subject: Option<&'a str>,
    pub started_at: OffsetDateTime,
    pub took: Duration,
}

/// Records a failed attempt after which the message will be tried again.
pub async fn record_retry(pool: &PgPool, failure: &Failure<'_>) -> sqlx::Result<()> {
    record(pool, failure, "retry").await
}

/// Records the last failed attempt and moves the message to the dead letters.
/// `false`: the receipt has expired, nothing was moved.
pub async fn bury(pool: &PgPool, failure: &Failure<'_>) -> sqlx::Result<bool> {
    let message = failure.message;
    let mut tx = pool.begin().await?;
    if !postgres::delete(&mut *tx, message.id, message.receipt).await? {
        return Ok(false);
    }
    record(&mut *tx, failure, "dead").await?;
    sqlx::query!(
        r#"
        insert into dead_letters (id, queue, payload, upload_id, subject, attempts, error, fingerprint, enqueued_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        message.id.0,
        message.queue.as_str(),
        message.payload,
        message.upload_id.map(|id| id.0),
        failure.subject,
        message.attempt.cast_signed(),
        shorten(failure.error),
        fingerprint(failure.error),
        message.enqueued_at,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}

async fn record(executor: impl sqlx::PgExecutor<'_>, failure: &Failure<'_>, outcome: &str) -> sqlx::Result<()> {
    let message = failure.message;
    sqlx::query!(
        r#"
        insert into attempts (message_id, queue, attempt, worker, outcome, error, fingerprint, upload_id, subject, started_at, duration_ms)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        message.id.0,
        message.queue.as_str(),
        message.attempt.cast_signed(),
        failure.worker,
        outcome,
        shorten(failure.error),
        fingerprint(failure.error),
        message.upload_id.map(|id| id.0),
        failure.subject,
        failure.started_at,
        i64::try_from(failure.took.as_millis()).unwrap_or(i64::MAX),
    )
    .execute(executor)
    .await?;
    Ok(())
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
            message_id: tradepost_common::ids::MessageId(row.message_id),
            attempt: row.attempt,
            file: row.subject,
            error: row.error,
            outcome: row.outcome,
            at: row.started_at,
            duration_ms: row.duration_ms,
        })
        .collect())
}

/// How many dead letters there are.
pub async fn count_dead(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "dead!" from dead_letters"#)
        .fetch_one(pool)
        .await
}

/// What errors of one cause have in common: the text without numbers, ids and quoted names, hashed.
pub fn fingerprint(error: &str) -> String {
    let unquoted = error.split('"').step_by(2);
    let is_common = |word: &&str| !word.contains(|c: char| c.is_ascii_digit() || c == '/');
    let shape: Vec<&str> = unquoted.flat_map(str::split_whitespace).filter(is_common).collect();
    hex::encode(&Sha256::digest(shape.join(" ").as_bytes())[..8])
}

fn shorten(error: &str) -> String {
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
