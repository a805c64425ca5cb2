//! Failed attempts, with their errors. They are rows of PostgreSQL whichever backend runs.

use std::collections::HashMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::dead::DeadAttempt;
use tradepost_common::ids::MessageId;
use tradepost_common::queues::{Attempt, AttemptOutcome};
use uuid::Uuid;

use crate::message::Message;

/// Crashed workers that are not held against the messages they had in flight.
pub const MAX_LOST_WORKERS: u32 = 5;
/// Characters of an error that are kept.
const MAX_ERROR_CHARS: usize = 2_000;

/// One failed attempt at a message.
#[derive(Debug)]
pub struct Failure<'a> {
    pub message: &'a Message,
    pub worker: &'a str,
    pub error: &'a str,
    pub started_at: OffsetDateTime,
    pub took: Duration,
}

/// Names what a message is about, for people.
pub(crate) fn subject(payload: &serde_json::Value) -> Option<&str> {
    payload.get("path").and_then(serde_json::Value::as_str)
}

/// Records a failed attempt. Copies of a message, as SQS may deliver them, can fail at once: that is one attempt.
pub async fn record(
    executor: impl sqlx::PgExecutor<'_>,
    failure: &Failure<'_>,
    outcome: AttemptOutcome,
) -> sqlx::Result<()> {
    let message = failure.message;
    sqlx::query!(
        r#"
        insert into attempts (message_id, queue, attempt, redrives, worker, outcome, error, fingerprint, correlation_id, subject,
            started_at, duration_ms)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (message_id, redrives, attempt) do nothing
        "#,
        message.id().0,
        message.queue().as_str(),
        message.attempt.cast_signed(),
        message.redrives.cast_signed(),
        failure.worker,
        outcome.as_str(),
        shorten(failure.error),
        fingerprint(failure.error),
        message.correlation_id,
        subject(&message.payload),
        failure.started_at,
        i64::try_from(failure.took.as_millis()).unwrap_or(i64::MAX),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// The recorded attempts at a message, for a backend that does not count failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailureCount {
    /// Failed attempts since it was sent or redriven.
    pub failures: u32,
    /// It became a dead letter; a later delivery is a copy.
    pub is_dead_lettered: bool,
}

/// Counts the failures of messages, each given with its redrives; one that never failed is missing. A message may be given twice:
/// SQS may deliver copies of it together.
pub async fn failure_counts(
    db: &PgPool,
    messages: &[(MessageId, u32)],
) -> sqlx::Result<HashMap<(MessageId, u32), FailureCount>> {
    let (ids, redrives): (Vec<Uuid>, Vec<i32>) = messages.iter().map(|(id, n)| (id.0, n.cast_signed())).unzip();
    let rows = sqlx::query!(
        r#"
        select attempts.message_id, attempts.redrives, max(attempt) as "failures!", bool_or(outcome = 'dead') as "is_dead_lettered!"
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
        let count = FailureCount {
            failures: row.failures.unsigned_abs(),
            is_dead_lettered: row.is_dead_lettered,
        };
        ((MessageId(row.message_id), row.redrives.unsigned_abs()), count)
    });
    Ok(known.collect())
}

/// The error of the last failed attempt at a message since it was sent or redriven.
pub async fn last_error(db: &PgPool, message: MessageId, redrives: u32) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select error from attempts where message_id = $1 and redrives = $2 order by id desc limit 1",
        message.0,
        redrives.cast_signed()
    )
    .fetch_optional(db)
    .await
}

/// The last 100 failed attempts at a message, newest first, those before a redrive included.
pub async fn list_for_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<DeadAttempt>> {
    let rows = sqlx::query!(
        r#"
        select queue, attempt, redrives, subject, error, fingerprint, outcome as "outcome: AttemptOutcome", worker, started_at, duration_ms
        from attempts where message_id = $1 order by id desc limit 100
        "#,
        message.0
    )
    .fetch_all(db)
    .await?;
    let attempts = rows.into_iter().map(|row| DeadAttempt {
        attempt: Attempt {
            queue: row.queue,
            message_id: message,
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
    });
    Ok(attempts.collect())
}

/// The last 100 failed attempts at messages with a correlation id, newest first.
pub async fn list_for_correlation(db: &PgPool, correlation_id: Uuid) -> sqlx::Result<Vec<Attempt>> {
    sqlx::query_as!(
        Attempt,
        r#"
        select queue, message_id as "message_id: MessageId", attempt, subject as file, error, outcome as "outcome: AttemptOutcome",
            started_at as at, duration_ms
        from attempts where correlation_id = $1 order by id desc limit 100
        "#,
        correlation_id
    )
    .fetch_all(db)
    .await
}

/// The fingerprint of an error: the hash of its text without numbers, ids and quoted names. Errors of one cause share it.
pub fn fingerprint(error: &str) -> String {
    let unquoted = error.split('"').step_by(2);
    let is_common = |word: &&str| !word.contains(|c: char| c.is_ascii_digit() || c == '/');
    let shape: Vec<&str> = unquoted.flat_map(str::split_whitespace).filter(is_common).collect();
    hex::encode(&Sha256::digest(shape.join(" ").as_bytes())[..8])
}

/// Shortens an error to what is kept.
pub fn shorten(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(MAX_ERROR_CHARS).collect()
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
