//! Statements on what the index has to look at again.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// Something changed about an item.
pub struct Change {
    pub id: i64,
    pub item_id: Uuid,
}

pub async fn next(db: &PgPool, limit: i64) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        "select id, item_id from search_outbox order by id limit $1",
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn delete(db: &PgPool, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("delete from search_outbox where id = any($1)", ids)
        .execute(db)
        .await?;
    Ok(())
}

/// Rows that wait, and the time of the oldest.
pub struct Waiting {
    pub rows: i64,
    pub oldest: Option<OffsetDateTime>,
}

pub async fn waiting(db: &PgPool) -> sqlx::Result<Waiting> {
    sqlx::query_as!(
        Waiting,
        r#"select count(*) as "rows!", min(created_at) as oldest from search_outbox"#
    )
    .fetch_one(db)
    .await
}
