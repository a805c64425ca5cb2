//! Rows of the catalogue: filtered, put in order, counted and read in pages.

use sqlx::PgPool;
use tradepost_common::catalog::CatalogueOrder;
use tradepost_common::sales::ProductKind;
use tradepost_search::{Facet, Filter};
use uuid::Uuid;

use crate::error::{ApiError, ApiResult};
use crate::pager::Cursor;

/// Totals up to this one are exact; above they are estimates of the planner.
pub const EXACT_TOTAL: i64 = 1_000;

/// Entries of a list. Everything given must match.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub product: ProductKind,
    /// `name:value`, as the column has them.
    pub facets: Vec<String>,
    pub family_id: Option<Uuid>,
    pub set_id: Option<Uuid>,
}

impl Wanted {
    pub fn new(product: ProductKind, filters: &[Filter]) -> Self {
        let facets = filters
            .iter()
            .map(|filter| format!("{}:{}", filter.facet.name(), filter.value));
        Self {
            product,
            facets: facets.collect(),
            family_id: None,
            set_id: None,
        }
    }
}

/// The ids of a page, and the cursor of the next one.
#[derive(Debug, Default)]
pub struct Ids {
    pub ids: Vec<Uuid>,
    pub next: Option<String>,
}

/// A page of entries in an order.
///
/// # Errors
/// Unprocessable: the cursor is of another order.
pub async fn page(
    db: &PgPool,
    wanted: &Wanted,
    order: CatalogueOrder,
    cursor: Option<&str>,
    limit: u32,
) -> ApiResult<Ids> {
    let after = cursor.map(parse_cursor).transpose()?;
    let found = match order {
        CatalogueOrder::Newest => newest(db, wanted, after_id(after)?, limit.into()).await?,
        CatalogueOrder::BestSelling => best_selling(db, wanted, after_key(after)?, limit.into()).await?,
        CatalogueOrder::Popular => popular(db, wanted, after_key(after)?, limit.into()).await?,
    };
    let next = found.last().filter(|_| found.len() >= limit as usize);
    Ok(Ids {
        next: next.map(ToString::to_string),
        ids: found.iter().map(|cursor| cursor.id).collect(),
    })
}

fn other_order() -> ApiError {
    ApiError::unprocessable(
        "cursor-of-another-order",
        "The cursor is not the `next` of a page in this order.",
    )
}

fn parse_cursor(text: &str) -> ApiResult<Cursor<Uuid>> {
    Cursor::parse(text).ok_or_else(|| ApiError::invalid("cursor", "is not the `next` of a page"))
}

fn after_id(after: Option<Cursor<Uuid>>) -> ApiResult<Option<Uuid>> {
    match after {
        Some(Cursor { key: Some(_), .. }) => Err(other_order()),
        after => Ok(after.map(|cursor| cursor.id)),
    }
}

fn after_key<K: std::str::FromStr>(after: Option<Cursor<Uuid>>) -> ApiResult<Option<(K, Uuid)>> {
    let Some(after) = after else { return Ok(None) };
    let key = after.key.and_then(|key| key.parse().ok());
    Ok(Some((key.ok_or_else(other_order)?, after.id)))
}

/// The number of entries: exact up to 1,000, an estimate above.
pub async fn total(db: &PgPool, wanted: &Wanted) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select catalogue_total($1, $2, $3, $4) as "total!""#,
        wanted.product.as_str(),
        &wanted.facets,
        wanted.family_id,
        wanted.set_id
    )
    .fetch_one(db)
    .await
}

/// The family of a set.
pub async fn family_with(db: &PgPool, set: Uuid) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select family_id from catalogue where product = 'set' and id = $1", set)
        .fetch_optional(db)
        .await
}

async fn newest(db: &PgPool, wanted: &Wanted, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Cursor<Uuid>>> {
    let ids = sqlx::query_scalar!(
        r#"
        select id as "id!" from catalogue_with($1, $2, $3, $4) where ($5::uuid is null or id < $5) order by id desc limit $6
        "#,
        wanted.product.as_str(),
        &wanted.facets,
        wanted.family_id,
        wanted.set_id,
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(|id| Cursor { id, key: None }).collect())
}

async fn best_selling(
    db: &PgPool,
    wanted: &Wanted,
    after: Option<(i64, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<Uuid>>> {
    let rows = sqlx::query!(
        r#"
        select id as "id!", sales as "sales!" from catalogue_with($1, $2, $3, $4)
        where ($5::int8 is null or (sales, id) < ($5, $6)) order by sales desc, id desc limit $7
        "#,
        wanted.product.as_str(),
        &wanted.facets,
        wanted.family_id,
        wanted.set_id,
        after.map(|(sales, _)| sales),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    let cursor = |id, key: String| Cursor { id, key: Some(key) };
    Ok(rows
        .into_iter()
        .map(|row| cursor(row.id, row.sales.to_string()))
        .collect())
}

async fn popular(
    db: &PgPool,
    wanted: &Wanted,
    after: Option<(f64, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<Uuid>>> {
    let rows = sqlx::query!(
        r#"
        select id as "id!", popular as "popular!" from catalogue_with($1, $2, $3, $4)
        where ($5::float8 is null or (popular, id) < ($5, $6)) order by popular desc, id desc limit $7
        "#,
        wanted.product.as_str(),
        &wanted.facets,
        wanted.family_id,
        wanted.set_id,
        after.map(|(popular, _)| popular),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    let cursor = |id, key: String| Cursor { id, key: Some(key) };
    Ok(rows
        .into_iter()
        .map(|row| cursor(row.id, row.popular.to_string()))
        .collect())
}

/// The values of a facet among those of an entry.
pub fn values(facets: &[String], facet: Facet) -> Vec<String> {
    let value = |text: &String| text.strip_prefix(facet.name())?.strip_prefix(':').map(str::to_owned);
    facets.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_facet_are_those_of_its_name() {
        let facets = ["category:nature", "category:the:sea", "kind:icon"].map(str::to_owned);
        assert_eq!(values(&facets, Facet::Category), ["nature", "the:sea"]);
        assert!(values(&facets, Facet::Tag).is_empty());
    }

    #[test]
    fn cursor_of_another_order_is_refused() {
        let id = "0190a0a0-0000-7000-8000-000000000000";
        let with_key = || parse_cursor(&format!("{id}.-12.5")).ok();
        assert!(after_id(parse_cursor(id).ok()).is_ok());
        assert!(after_id(with_key()).is_err());
        assert!(after_key::<f64>(with_key()).is_ok());
        assert!(after_key::<i64>(with_key()).is_err());
        assert!(after_key::<i64>(parse_cursor(id).ok()).is_err());
    }
}
