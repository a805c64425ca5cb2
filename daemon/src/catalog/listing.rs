//! Families, sets and items as the public API shows them, in the order of the ids that are asked for.

use serde::Serialize;
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::catalog::{Counts, Kind};
use tradepost_common::sales::Product;
use tradepost_common::text::Text;
use utoipa::ToSchema;
use uuid::Uuid;

/// A family of sets by one contributor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Family {
    pub id: Uuid,
    #[schema(pattern = "^[a-z0-9-]+$", max_length = 80)]
    pub slug: String,
    #[schema(max_length = 80)]
    pub name: String,
    #[schema(max_length = 2_000)]
    pub description: Option<String>,
    #[schema(max_length = 63)]
    pub contributor: String,
    #[schema(value_type = Vec<Text<40>>, inline, max_items = 40)]
    pub tags: Vec<String>,
    /// Its own category, or that of what it is a part of.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]*$", max_length = 40)]
    pub category: Option<String>,
    /// Its own, and those of what it is a part of.
    #[schema(value_type = Vec<Text<40>>, inline, max_items = 15)]
    pub styles: Vec<String>,
    pub sets: i64,
    pub items: i64,
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_at: Option<OffsetDateTime>,
    /// The contact sheet, once for each format.
    #[schema(max_items = 2)]
    pub previews: Vec<Picture>,
}

/// A picture under a URL that never changes its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Picture {
    /// The preset it was made by; `sheet` for a contact sheet.
    #[schema(max_length = 40)]
    pub preset: String,
    /// SHA-256 of what decides the picture (`GET /v1/presets`); null of a contact sheet.
    #[schema(pattern = "^[0-9a-f]{64}$", max_length = 64)]
    pub preset_sha256: Option<String>,
    /// `png` or `webp`.
    #[schema(pattern = "^(png|webp)$", max_length = 4)]
    pub format: String,
    pub width: i32,
    pub height: i32,
    pub size_bytes: i64,
    /// Relative to the API: `/r/<sha256>.webp`; absolute where files are on an origin of their own.
    #[schema(pattern = r"^(https?://[^/]+)?/r/[0-9a-f]{64}\.(png|webp)$", max_length = 340)]
    pub url: String,
}

/// A set: what one pack became.
#[derive(Debug, Serialize, ToSchema)]
pub struct Set {
    pub id: Uuid,
    pub family_id: Uuid,
    #[schema(max_length = 80)]
    pub family: String,
    #[schema(pattern = "^[a-z0-9-]+$", max_length = 80)]
    pub slug: String,
    #[schema(max_length = 80)]
    pub name: String,
    #[schema(max_length = 2_000)]
    pub description: Option<String>,
    #[schema(value_type = Kind)]
    pub kind: String,
    #[schema(max_length = 63)]
    pub contributor: String,
    #[schema(max_length = 64)]
    pub licence: String,
    #[schema(max_length = 2_000)]
    pub attribution: Option<String>,
    #[schema(max_length = 2_000)]
    pub source: Option<String>,
    /// In minor units of `currency`.
    pub price_minor: i64,
    #[schema(pattern = "^[A-Z]{3}$", max_length = 3)]
    pub currency: String,
    #[schema(value_type = Vec<Text<40>>, inline, max_items = 40)]
    pub tags: Vec<String>,
    /// Its own category, or that of what it is a part of.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]*$", max_length = 40)]
    pub category: Option<String>,
    /// Its own, and those of what it is a part of.
    #[schema(value_type = Vec<Text<40>>, inline, max_items = 15)]
    pub styles: Vec<String>,
    pub items: i64,
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_at: Option<OffsetDateTime>,
}

/// One item of a set.
#[derive(Debug, Serialize, ToSchema)]
pub struct Item {
    pub id: Uuid,
    #[schema(value_type = Kind)]
    pub kind: String,
    pub set_id: Uuid,
    #[schema(max_length = 80)]
    pub set: String,
    pub family_id: Uuid,
    #[schema(max_length = 80)]
    pub family: String,
    #[schema(max_length = 63)]
    pub contributor: String,
    #[schema(max_length = 120)]
    pub title: String,
    /// The path in the pack.
    #[schema(max_length = 255)]
    pub path: String,
    #[schema(value_type = Vec<Text<40>>, inline, max_items = 40)]
    pub tags: Vec<String>,
    /// Its own category, or that of what it is a part of.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]*$", max_length = 40)]
    pub category: Option<String>,
    /// Its own, and those of what it is a part of.
    #[schema(value_type = Vec<Text<40>>, inline, max_items = 15)]
    pub styles: Vec<String>,
    #[schema(max_length = 64)]
    pub licence: String,
    /// Natural size in pixels, where the file has one.
    pub width: Option<i32>,
    pub height: Option<i32>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Those of these families that have something published.
pub async fn families(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Family>> {
    let rows = sqlx::query!(
        r#"
        select family.id, family.slug, family.name, family.description, account.name as contributor, family.published_at,
            family.tags, family.category, family.styles,
            (select count(*) from sets where family_id = family.id and state = 'published') as "sets!",
            (select count(*) from sets set_ join items item on item.set_id = set_.id
                where set_.family_id = family.id and item.state = 'published') as "items!"
        from families family join accounts account on account.id = family.account_id
        where family.published_at is not null and family.id = any($1)
        order by array_position($1, family.id)
        "#,
        ids
    )
    .fetch_all(db)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut previews = family_previews(db, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| Family {
            previews: previews
                .extract_if(.., |(family, _)| *family == row.id)
                .map(|(_, picture)| picture)
                .collect(),
            id: row.id,
            slug: row.slug,
            name: row.name,
            description: row.description,
            contributor: row.contributor,
            tags: row.tags,
            category: row.category,
            styles: row.styles,
            sets: row.sets,
            items: row.items,
            published_at: row.published_at,
        })
        .collect())
}

/// The newest published contact sheet of each family, in each format.
async fn family_previews(db: &PgPool, families: &[Uuid]) -> sqlx::Result<Vec<(Uuid, Picture)>> {
    let rows = sqlx::query!(
        r#"
        select distinct on (family_id, format) family_id, format, width, height, size_bytes,
            '/r/' || encode(sha256, 'hex') || '.' || format as "url!"
        from family_previews where family_id = any($1) and published order by family_id, format, id desc
        "#,
        families
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let picture = Picture {
                preset: "sheet".to_owned(),
                preset_sha256: None,
                format: row.format,
                width: row.width,
                height: row.height,
                size_bytes: row.size_bytes,
                url: row.url,
            };
            (row.family_id, picture)
        })
        .collect())
}

/// Those of these sets that are published.
pub async fn sets(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Set>> {
    sqlx::query_as!(
        Set,
        r#"
        select id as "id!", family_id as "family_id!", family as "family!", slug as "slug!", name as "name!", description, kind as "kind!",
            contributor as "contributor!", licence as "licence!", attribution, source, price_minor as "price_minor!",
            currency as "currency!", tags as "tags!", category, styles as "styles!", published_at, items as "items!"
        from published_sets($1)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

/// Those of these items that are published.
pub async fn items(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"
        select id as "id!", kind as "kind!", set_id as "set_id!", "set" as "set!", family_id as "family_id!", family as "family!",
            contributor as "contributor!", title as "title!", path as "path!", tags as "tags!", category, styles as "styles!",
            licence as "licence!", width, height, created_at as "created_at!"
        from published_items($1)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

/// The state of the page of an item.
pub struct ItemState {
    pub set_id: Uuid,
    pub family_id: Uuid,
    /// Another one after each change of what the page shows, but for the name of an account.
    pub stamp: String,
}

/// The state of the page of a published item: the versions of the rows that it is made from, and the pictures that are shown now.
pub async fn item_state(db: &PgPool, id: Uuid) -> sqlx::Result<Option<ItemState>> {
    sqlx::query_as!(
        ItemState,
        r#"
        select set_id as "set_id!", family_id as "family_id!", stamp as "stamp!" from item_state($1)
        "#,
        id
    )
    .fetch_optional(db)
    .await
}

/// The counts of a product.
pub async fn counts(db: &PgPool, product: Product) -> sqlx::Result<Counts> {
    let row = sqlx::query_as!(
        Counts,
        "select views, downloads, favourites, sales from product_counts where product = $1 and id = $2",
        product.kind.as_str(),
        product.id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.unwrap_or_default())
}

/// The renditions of a published item, narrow to wide.
pub async fn renditions(db: &PgPool, item: Uuid) -> sqlx::Result<Vec<Picture>> {
    sqlx::query_as!(
        Picture,
        r#"
        select preset as "preset!", encode(preset_sha256, 'hex') as preset_sha256, format as "format!", width as "width!",
            height as "height!", size_bytes as "size_bytes!", '/r/' || encode(sha256, 'hex') || '.' || format as "url!"
        from item_renditions($1)
        "#,
        item
    )
    .fetch_all(db)
    .await
}
