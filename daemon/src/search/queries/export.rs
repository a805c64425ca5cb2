//! Statements on the feed for programs outside.

use sqlx::PgPool;
use uuid::Uuid;

/// The projection whose rows are kept for readers outside.
pub const EXPORT: Uuid = Uuid::from_u128(0x7261_6465_706f_4000_8000_6578_706f_7274);

/// A change, and the transaction that made it.
pub struct Change {
    pub xid: i64,
    pub id: i64,
    pub item_id: Uuid,
}

/// Says that somebody reads; answers with the first transaction whose changes are all there. The feed is written from the first reader on.
pub async fn register(db: &PgPool, machine: &str) -> sqlx::Result<i64> {
    let known = sqlx::query_scalar!(
        "update search_projections set seen_at = now() where id = $1 returning complete_since",
        EXPORT
    )
    .fetch_optional(db)
    .await?;
    if let Some(complete_since) = known {
        return Ok(complete_since);
    }
    let mut tx = db.begin().await?;
    super::register(&mut tx, EXPORT, machine).await?;
    let complete_since = sqlx::query_scalar!("select complete_since from search_projections where id = $1", EXPORT)
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(complete_since)
}

/// The oldest transaction that runs: all changes of older ones are visible.
pub async fn oldest_running(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "xid!""#)
        .fetch_one(db)
        .await
}

/// Changes behind a cursor, of transactions older than `before`.
pub async fn changes(db: &PgPool, (xid, id): (i64, i64), before: i64, limit: i64) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"
        select xid, id, item_id from search_outbox
        where projection = $1 and (xid, id) > ($2, $3) and xid < $4 order by xid, id limit $5
        "#,
        EXPORT,
        xid,
        id,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

/// Those of these items that are published.
pub async fn documents(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<(Uuid, serde_json::Value)>> {
    let rows = sqlx::query!(
        r#"select id as "id!", to_jsonb(document) as "document!" from search_documents document where id = any($1)"#,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.document)).collect())
}

/// Published items by ascending id.
pub async fn documents_after(db: &PgPool, after: Uuid, limit: i64) -> sqlx::Result<Vec<(Uuid, serde_json::Value)>> {
    let rows = sqlx::query!(
        r#"
        select id as "id!", to_jsonb(document) as "document!" from search_documents document
        where id in (select id from catalogue where product = 'item' and id > $1 order by id limit $2) order by id
        "#,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.document)).collect())
}

/// Forgets changes after a week, and stops writing them when nobody read for as long.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from search_projections where id = $1 and seen_at < now() - interval '7 days'",
        EXPORT
    )
    .execute(db)
    .await?;
    sqlx::query!(
        r#"
        with gone as (
            delete from search_outbox where projection = $1 and created_at < now() - interval '7 days' returning xid)
        update search_projections set complete_since = greatest(complete_since, (select max(xid) from gone) + 1) where id = $1
        "#,
        EXPORT
    )
    .execute(db)
    .await?;
    Ok(())
}
