//! Statements on the feed of the index, and on texts that were searched for.

pub mod export;

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::search::{SearchMachine, SearchedText};
use uuid::Uuid;

use crate::query_log::Searches;

/// Something changed about an item.
pub struct Change {
    pub id: i64,
    pub item_id: Uuid,
}

/// Says that an index is there. `None`: the feed does not know it; else true when it was built in whole.
pub async fn see(db: &PgPool, projection: Uuid, machine: &str) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"
        update search_projections set seen_at = now(), machine = $2 where id = $1 returning built_at is not null as "is_built!"
        "#,
        projection,
        machine
    )
    .fetch_optional(db)
    .await
}

/// Makes the feed write for an index. Waits for changes under way: what they write after this is written for it, too.
pub async fn register(tx: &mut PgConnection, projection: Uuid, machine: &str) -> sqlx::Result<()> {
    sqlx::query!("lock table search_outbox in share mode")
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into search_projections (id, machine) values ($1, $2) on conflict (id) do nothing",
        projection,
        machine
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_built(db: &PgPool, projection: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update search_projections set built_at = now() where id = $1",
        projection
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has an index built again by the machine that feeds it.
pub async fn set_unbuilt(tx: &mut PgConnection, projection: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update search_projections set built_at = null where id = $1",
        projection
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A number that grows with each reading of the truth for the index.
pub async fn next_version(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select nextval('search_versions') as "version!""#)
        .fetch_one(db)
        .await
}

/// Forgets indexes that were not seen for a day, and what waits for them.
pub async fn forget_absent(db: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from search_projections where seen_at < now() - interval '1 day' and id <> $1",
        export::EXPORT
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

pub async fn next(db: &PgPool, projection: Uuid, limit: i64) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        "select id, item_id from search_outbox where projection = $1 order by id limit $2",
        projection,
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

pub async fn waiting(db: &PgPool, projection: Uuid) -> sqlx::Result<Waiting> {
    sqlx::query_as!(
        Waiting,
        r#"select count(*) as "rows!", min(created_at) as oldest from search_outbox where projection = $1"#,
        projection
    )
    .fetch_one(db)
    .await
}

/// The indexes of all machines, that one first; at most 100.
pub async fn machines(db: &PgPool, first: Uuid) -> sqlx::Result<Vec<SearchMachine>> {
    sqlx::query_as!(
        SearchMachine,
        r#"
        select machine, (select count(*) from search_outbox where projection = projection_.id) as "waiting!", seen_at, built_at
        from search_projections projection_ where projection_.id <> $2 order by projection_.id <> $1, machine limit 100
        "#,
        first,
        export::EXPORT
    )
    .fetch_all(db)
    .await
}

/// Adds texts to those of this hour.
pub async fn insert_texts(db: &PgPool, texts: &HashMap<String, Searches>) -> sqlx::Result<()> {
    let column = |value: fn(&Searches) -> i32| texts.values().map(value).collect::<Vec<_>>();
    sqlx::query!(
        r#"
        insert into search_queries as known (hour, text, found_nothing, slow, slowest_ms)
        select date_trunc('hour', now()), text, found_nothing, slow, slowest_ms
        from unnest($1::text[], $2::int4[], $3::int4[], $4::int4[]) as searched (text, found_nothing, slow, slowest_ms) order by text
        on conflict (hour, text) do update set found_nothing = known.found_nothing + excluded.found_nothing,
            slow = known.slow + excluded.slow, slowest_ms = greatest(known.slowest_ms, excluded.slowest_ms)
        "#,
        &texts.keys().cloned().collect::<Vec<_>>(),
        &column(|searches| searches.found_nothing),
        &column(|searches| searches.slow),
        &column(|searches| searches.slowest_ms)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets texts after a day, and the rarest beyond a number.
pub async fn forget_texts(db: &PgPool, most: i64) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from search_queries where hour < now() - interval '1 day' or (hour, text) in (
            select hour, text from search_queries order by found_nothing + slow desc, hour desc offset $1)
        "#,
        most
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn found_nothing(db: &PgPool, limit: i64) -> sqlx::Result<Vec<SearchedText>> {
    sqlx::query_as!(
        SearchedText,
        r#"
        select text, sum(found_nothing) as "times!", max(slowest_ms) as "slowest_ms!" from search_queries
        where found_nothing > 0 and hour > now() - interval '1 day' group by text order by sum(found_nothing) desc, text limit $1
        "#,
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn slow(db: &PgPool, limit: i64) -> sqlx::Result<Vec<SearchedText>> {
    sqlx::query_as!(
        SearchedText,
        r#"
        select text, sum(slow) as "times!", max(slowest_ms) as "slowest_ms!" from search_queries
        where slow > 0 and hour > now() - interval '1 day' group by text order by max(slowest_ms) desc, text limit $1
        "#,
        limit
    )
    .fetch_all(db)
    .await
}
