//! The published catalogue as the search index knows it.

use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_search::Document;
use uuid::Uuid;

use super::listing::Item;

/// A row of the catalogue for the index.
struct Row {
    id: Uuid,
    kind: String,
    title: String,
    tags: Vec<String>,
    family: String,
    set: String,
    contributor: String,
    licence: String,
    price_minor: i64,
    created_at: OffsetDateTime,
}

impl From<Row> for Document {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            title: row.title,
            tags: row.tags,
            family: row.family,
            set: row.set,
            contributor: row.contributor,
            licence: row.licence,
            price: row.price_minor.unsigned_abs(),
            created: row.created_at.unix_timestamp(),
            ..Self::default()
        }
    }
}

/// Those of these items that are published.
pub async fn by_ids(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Document>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select item.id, item.kind, item.title, item.tags || set_.tags as "tags!", family.name as family, set_.name as "set",
            account.name as contributor, set_.licence, set_.price_minor, item.created_at
        from items item
        join sets set_ on set_.id = item.set_id
        join families family on family.id = set_.family_id
        join accounts account on account.id = family.account_id
        where item.state = 'published' and item.id = any($1)
        "#,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Document::from).collect())
}

/// Published items by ascending id, from the one after `after`.
pub async fn after(db: &PgPool, after: Uuid, limit: i64) -> sqlx::Result<Vec<Document>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select item.id, item.kind, item.title, item.tags || set_.tags as "tags!", family.name as family, set_.name as "set",
            account.name as contributor, set_.licence, set_.price_minor, item.created_at
        from items item
        join sets set_ on set_.id = item.set_id
        join families family on family.id = set_.family_id
        join accounts account on account.id = family.account_id
        where item.state = 'published' and item.id > $1
        order by item.id limit $2
        "#,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Document::from).collect())
}

/// The ids of all published items.
pub async fn ids(db: &PgPool) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!("select id from items where state = 'published' order by id")
        .fetch_all(db)
        .await
}

/// Those of these items that are published, in no order, as the public API shows them.
pub async fn items(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"
        select item.id, item.kind, item.set_id, set_.name as "set", family.id as family_id, family.name as family,
            account.name as contributor, item.title, item.path, item.tags, set_.licence, item.width, item.height, item.created_at
        from items item
        join sets set_ on set_.id = item.set_id
        join families family on family.id = set_.family_id
        join accounts account on account.id = family.account_id
        where item.state = 'published' and item.id = any($1)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}
