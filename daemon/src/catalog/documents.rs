//! The published catalogue as the search index knows it.

use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_search::{Document, Facet};
use uuid::Uuid;

use super::entries::values;

/// A row of the catalogue for the index.
struct Row {
    id: Uuid,
    facets: Vec<String>,
    standing: i16,
    bucket: i16,
    title: String,
    family: String,
    set: String,
    price_minor: i64,
    created_at: OffsetDateTime,
}

impl From<Row> for Document {
    fn from(row: Row) -> Self {
        let values = |facet| values(&row.facets, facet);
        let one = |facet| values(facet).pop().unwrap_or_default();
        Self {
            id: row.id.to_string(),
            kind: one(Facet::Kind),
            tags: values(Facet::Tag),
            styles: values(Facet::Style),
            categories: values(Facet::Category),
            colours: values(Facet::Colour),
            palette: one(Facet::Palette),
            prices: values(Facet::Price),
            contributor: one(Facet::Contributor),
            licence: one(Facet::Licence),
            title: row.title,
            family: row.family,
            set: row.set,
            price: row.price_minor.unsigned_abs(),
            popularity: (1 << row.bucket.clamp(0, 62)) - 1,
            standing: row.standing.into(),
            created: row.created_at.unix_timestamp(),
        }
    }
}

/// Those of these items that are published.
pub async fn by_ids(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Document>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select entry.id, entry.facets, entry.standing, entry.bucket, item.title, family.name as family, set_.name as "set",
            set_.price_minor, item.created_at
        from catalogue entry
        join items item on item.id = entry.id
        join sets set_ on set_.id = entry.set_id
        join families family on family.id = entry.family_id
        where entry.product = 'item' and entry.id = any($1)
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
        select entry.id, entry.facets, entry.standing, entry.bucket, item.title, family.name as family, set_.name as "set",
            set_.price_minor, item.created_at
        from (select * from catalogue where product = 'item' and id > $1 order by id limit $2) entry
        join items item on item.id = entry.id
        join sets set_ on set_.id = entry.set_id
        join families family on family.id = entry.family_id
        order by entry.id
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
