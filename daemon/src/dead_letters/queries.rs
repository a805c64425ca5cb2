//! Statements about `dead_letters` and `dead_letter_groups`; other features go through `service`.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use tradepost_common::dead::{DeadGroup, DeadRow, Snapshot};
use tradepost_common::ids::MessageId;
use tradepost_common::queues::{Backend, Lane};
use tradepost_common::uploads::upload_of;
use uuid::Uuid;

use super::service::{DeadLetterFilter, DeadLetterRange};

/// A dead letter with its payload.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub row: DeadRow,
    pub payload: serde_json::Value,
    pub lane: Lane,
    /// Deliveries before it became a dead letter.
    pub receives: i32,
    pub backend: Backend,
    /// Shared by the messages of an upload or an order.
    pub correlation_id: Option<Uuid>,
}

/// The highest seq there is.
pub async fn snapshot(db: &PgPool) -> sqlx::Result<Snapshot> {
    sqlx::query_as!(
        Snapshot,
        r#"select coalesce(max(seq), 0) as "upper!", now() as "at!" from dead_letters"#
    )
    .fetch_one(db)
    .await
}

pub(super) async fn groups(db: &PgPool, queue: Option<&str>, pattern: Option<&str>) -> sqlx::Result<Vec<DeadGroup>> {
    sqlx::query_as!(
        DeadGroup,
        r#"
        select queue, fingerprint, error, messages, refailed, first_died_at, last_died_at
        from dead_letter_groups
        where messages > 0 and ($1::text is null or queue = $1) and ($2::text is null or error ilike $2)
        order by messages desc, queue, fingerprint limit 1000
        "#,
        queue,
        pattern
    )
    .fetch_all(db)
    .await
}

struct RawDeadLetter {
    id: Uuid,
    seq: i64,
    queue: String,
    lane: i16,
    payload: serde_json::Value,
    correlation_id: Option<Uuid>,
    subject: Option<String>,
    attempts: i32,
    redrives: i32,
    receives: i32,
    error: String,
    fingerprint: String,
    enqueued_at: OffsetDateTime,
    died_at: OffsetDateTime,
    backend: Backend,
}

impl From<RawDeadLetter> for DeadLetter {
    fn from(raw: RawDeadLetter) -> Self {
        Self {
            lane: Lane::from_column(raw.lane),
            receives: raw.receives,
            backend: raw.backend,
            payload: raw.payload,
            correlation_id: raw.correlation_id,
            row: DeadRow {
                id: MessageId(raw.id),
                seq: raw.seq,
                upload_id: upload_of(&raw.queue, raw.correlation_id),
                queue: raw.queue,
                fingerprint: raw.fingerprint,
                error: raw.error,
                subject: raw.subject,
                attempts: raw.attempts,
                redrives: raw.redrives,
                enqueued_at: raw.enqueued_at,
                died_at: raw.died_at,
            },
        }
    }
}

pub(super) async fn find(db: &PgPool, id: MessageId) -> sqlx::Result<Option<DeadLetter>> {
    let raw = sqlx::query_as!(
        RawDeadLetter,
        r#"
        select id, seq, queue, lane, payload, correlation_id, subject, attempts, redrives, receives, error, fingerprint, enqueued_at,
            died_at, backend as "backend: Backend"
        from dead_letters where id = $1
        "#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(raw.map(DeadLetter::from))
}

/// Locks a dead letter until the end of the transaction. `None` when it is gone.
pub async fn lock(tx: &mut PgConnection, id: MessageId) -> sqlx::Result<Option<DeadLetter>> {
    let raw = sqlx::query_as!(
        RawDeadLetter,
        r#"
        select id, seq, queue, lane, payload, correlation_id, subject, attempts, redrives, receives, error, fingerprint, enqueued_at,
            died_at, backend as "backend: Backend"
        from dead_letters where id = $1 for update
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(raw.map(DeadLetter::from))
}

pub(super) async fn list(
    db: &PgPool,
    filter: &DeadLetterFilter<'_>,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<DeadRow>> {
    let rows = sqlx::query!(
        r#"
        select id, seq, queue, correlation_id, subject, attempts, redrives, error, fingerprint, enqueued_at, died_at
        from dead_letters
        where seq < $1 and ($2::text is null or queue = $2) and ($3::text is null or fingerprint = $3)
            and ($4::text is null or (coalesce(subject, '') || ' ' || left(error, 300)) ilike $4)
            and ($5::uuid is null or correlation_id = $5) and ($6::bool is null or ($6 and redrives > 0) or (not $6 and redrives = 0))
            and ($7::uuid[] is null or id = any($7))
        order by seq desc limit $8
        "#,
        before,
        filter.queue,
        filter.fingerprint,
        filter.pattern.as_deref(),
        filter.upload_id,
        filter.redriven,
        filter.ids.as_deref(),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| DeadRow {
            id: MessageId(row.id),
            seq: row.seq,
            upload_id: upload_of(&row.queue, row.correlation_id),
            queue: row.queue,
            fingerprint: row.fingerprint,
            error: row.error,
            subject: row.subject,
            attempts: row.attempts,
            redrives: row.redrives,
            enqueued_at: row.enqueued_at,
            died_at: row.died_at,
        })
        .collect())
}

/// The next selected dead letters above a seq, in order.
pub async fn next(db: impl PgExecutor<'_>, range: &DeadLetterRange<'_>) -> sqlx::Result<Vec<DeadLetter>> {
    let filter = &range.filter;
    let rows = sqlx::query_as!(
        RawDeadLetter,
        r#"
        select id, seq, queue, lane, payload, correlation_id, subject, attempts, redrives, receives, error, fingerprint, enqueued_at,
            died_at, backend as "backend: Backend"
        from dead_letters
        where seq > $1 and seq <= $2 and ($3::text is null or queue = $3) and ($4::text is null or fingerprint = $4)
            and ($5::text is null or (coalesce(subject, '') || ' ' || left(error, 300)) ilike $5)
            and ($6::uuid is null or correlation_id = $6) and ($7::bool is null or ($7 and redrives > 0) or (not $7 and redrives = 0))
            and ($8::uuid[] is null or id = any($8))
        order by seq limit $9
        "#,
        range.above,
        range.upper,
        filter.queue,
        filter.fingerprint,
        filter.pattern.as_deref(),
        filter.upload_id,
        filter.redriven,
        filter.ids.as_deref(),
        range.limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(DeadLetter::from).collect())
}

/// The next selected dead letters above a seq, in order and locked. Those that another transaction has locked are skipped.
pub async fn lock_next(tx: &mut PgConnection, range: &DeadLetterRange<'_>) -> sqlx::Result<Vec<DeadLetter>> {
    let filter = &range.filter;
    let rows = sqlx::query_as!(
        RawDeadLetter,
        r#"
        select id, seq, queue, lane, payload, correlation_id, subject, attempts, redrives, receives, error, fingerprint, enqueued_at,
            died_at, backend as "backend: Backend"
        from dead_letters
        where seq > $1 and seq <= $2 and ($3::text is null or queue = $3) and ($4::text is null or fingerprint = $4)
            and ($5::text is null or (coalesce(subject, '') || ' ' || left(error, 300)) ilike $5)
            and ($6::uuid is null or correlation_id = $6) and ($7::bool is null or ($7 and redrives > 0) or (not $7 and redrives = 0))
            and ($8::uuid[] is null or id = any($8))
        order by seq limit $9
        for update skip locked
        "#,
        range.above,
        range.upper,
        filter.queue,
        filter.fingerprint,
        filter.pattern.as_deref(),
        filter.upload_id,
        filter.redriven,
        filter.ids.as_deref(),
        range.limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(DeadLetter::from).collect())
}

/// Counts the selected dead letters.
pub async fn count(db: impl PgExecutor<'_>, range: &DeadLetterRange<'_>) -> sqlx::Result<i64> {
    let filter = &range.filter;
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from dead_letters
        where seq > $1 and seq <= $2 and ($3::text is null or queue = $3) and ($4::text is null or fingerprint = $4)
            and ($5::text is null or (coalesce(subject, '') || ' ' || left(error, 300)) ilike $5)
            and ($6::uuid is null or correlation_id = $6) and ($7::bool is null or ($7 and redrives > 0) or (not $7 and redrives = 0))
            and ($8::uuid[] is null or id = any($8))
        "#,
        range.above,
        range.upper,
        filter.queue,
        filter.fingerprint,
        filter.pattern.as_deref(),
        filter.upload_id,
        filter.redriven,
        filter.ids.as_deref(),
    )
    .fetch_one(db)
    .await
}

pub(super) async fn delete(tx: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!("delete from dead_letters where id = any($1)", ids)
        .execute(tx)
        .await?;
    Ok(())
}

/// Counts dead letters by queue; a queue without any is missing.
pub async fn count_by_queue(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select queue, sum(messages)::int8 as "messages!" from dead_letter_groups where messages > 0 group by queue"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.queue, row.messages)).collect())
}

/// Grows with every change of the dead letters.
pub async fn revision(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select coalesce(sum(revision), 0)::int8 as "revision!" from dead_letter_groups"#)
        .fetch_one(db)
        .await
}

/// Dead letters with ids of a range, and their titles.
pub async fn in_range(
    db: impl PgExecutor<'_>,
    (first, last): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        r#"select id, queue || ': ' || left(error, 100) as "title!" from dead_letters where id between $1 and $2 order by id limit $3"#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
