//! Statements on favourites and collections.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::AccountId;
use tradepost_common::text::Text;
use uuid::Uuid;

use super::Place;
use super::service::{Collection, PutCollection, Visibility};

/// Makes changes of one account wait for each other, so that none goes past a limit.
pub async fn lock_account(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    sqlx::query!("select id from accounts where id = $1 for no key update", account.0)
        .fetch_optional(tx)
        .await?;
    Ok(())
}

pub async fn favourites(
    db: impl PgExecutor<'_>,
    account: AccountId,
    after: Option<Place>,
    limit: i64,
) -> sqlx::Result<Vec<Place>> {
    let rows = sqlx::query!(
        r#"
        select added_at, item_id from favourites
        where account_id = $1 and ($2::timestamptz is null or (added_at, item_id) < ($2, $3))
        order by added_at desc, item_id desc limit $4
        "#,
        account.0,
        after.map(|(at, _)| at),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.added_at, row.item_id)).collect())
}

pub async fn count_favourites(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from favourites where account_id = $1"#,
        account.0
    )
    .fetch_one(db)
    .await
}

pub async fn insert_favourite(db: impl PgExecutor<'_>, account: AccountId, item: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into favourites (account_id, item_id) values ($1, $2) on conflict do nothing",
        account.0,
        item
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete_favourite(db: impl PgExecutor<'_>, account: AccountId, item: Uuid) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from favourites where account_id = $1 and item_id = $2",
        account.0,
        item
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Collections of an account, or one by its id, newest first.
pub async fn collections(
    db: impl PgExecutor<'_>,
    account: Option<AccountId>,
    id: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Collection>> {
    sqlx::query_as!(
        Collection,
        r#"
        select collection.id, collection.name, description, case when is_public then 'public' else 'private' end as "visibility!: Visibility",
            account.name as owner, made_at,
            (select count(*) from collection_items where collection_id = collection.id) as "items!"
        from collections collection join accounts account on account.id = collection.account_id
        where ($1::uuid is null or collection.account_id = $1) and ($2::uuid is null or collection.id = $2)
            and ($3::uuid is null or collection.id < $3)
        order by collection.id desc limit $4
        "#,
        account.map(|account| account.0),
        id,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn count_collections(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from collections where account_id = $1"#,
        account.0
    )
    .fetch_one(db)
    .await
}

pub async fn insert_collection(
    db: impl PgExecutor<'_>,
    id: Uuid,
    account: AccountId,
    wish: &PutCollection,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into collections (id, account_id, name, description, is_public) values ($1, $2, $3, $4, $5)",
        id,
        account.0,
        wish.name.as_str(),
        wish.description.as_ref().map(Text::as_str),
        wish.visibility == Visibility::Public
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn update_collection(
    db: impl PgExecutor<'_>,
    id: Uuid,
    account: AccountId,
    wish: &PutCollection,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update collections set name = $3, description = $4, is_public = $5 where id = $1 and account_id = $2",
        id,
        account.0,
        wish.name.as_str(),
        wish.description.as_ref().map(Text::as_str),
        wish.visibility == Visibility::Public
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

pub async fn delete_collection(db: impl PgExecutor<'_>, id: Uuid, account: AccountId) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from collections where id = $1 and account_id = $2",
        id,
        account.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Locks a collection; false when the account has none of that id.
pub async fn lock_collection(tx: &mut PgConnection, id: Uuid, account: AccountId) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        "select id from collections where id = $1 and account_id = $2 for no key update",
        id,
        account.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.is_some())
}

pub async fn items(
    db: impl PgExecutor<'_>,
    collection: Uuid,
    after: Option<Place>,
    limit: i64,
) -> sqlx::Result<Vec<Place>> {
    let rows = sqlx::query!(
        r#"
        select added_at, item_id from collection_items
        where collection_id = $1 and ($2::timestamptz is null or (added_at, item_id) < ($2, $3))
        order by added_at desc, item_id desc limit $4
        "#,
        collection,
        after.map(|(at, _)| at),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.added_at, row.item_id)).collect())
}

pub async fn count_items(db: impl PgExecutor<'_>, collection: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from collection_items where collection_id = $1"#,
        collection
    )
    .fetch_one(db)
    .await
}

pub async fn insert_item(db: impl PgExecutor<'_>, collection: Uuid, item: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into collection_items (collection_id, item_id) values ($1, $2) on conflict do nothing",
        collection,
        item
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete_item(
    db: impl PgExecutor<'_>,
    collection: Uuid,
    account: AccountId,
    item: Uuid,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from collection_items where item_id = $3
            and collection_id = (select id from collections where id = $1 and account_id = $2)
        "#,
        collection,
        account.0,
        item
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
