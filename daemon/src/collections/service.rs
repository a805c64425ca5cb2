//! Collections of accounts. A private one is its owner's only.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
use tradepost_common::text::Text;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Place, queries};
use crate::accounts::Account;
use crate::app::App;
use crate::catalog::listing::{self, Item};
use crate::error::{ApiError, ApiResult};

/// Collections of an account, and items of one.
const MAX_COLLECTIONS: i64 = 200;
const MAX_ITEMS: i64 = 1_000;

tradepost_common::text_enum! {
    /// Readers of a collection.
    #[derive(ToSchema)]
    pub enum Visibility {
        /// Its owner.
        Private = "private",
        /// Everybody who has its id.
        Public = "public",
    }
}

/// A collection of items.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collection {
    pub id: Uuid,
    #[schema(max_length = 80)]
    pub name: String,
    #[schema(max_length = 2_000)]
    pub description: Option<String>,
    pub visibility: Visibility,
    /// The name of its owner's account.
    #[schema(max_length = 63)]
    pub owner: String,
    /// Items in it, those that were withdrawn since included.
    pub items: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
}

/// A collection to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutCollection {
    #[schema(inline)]
    pub name: Text<80>,
    #[schema(inline)]
    pub description: Option<Text<2_000, 50>>,
    pub visibility: Visibility,
}

/// The collections of an account, newest first.
pub async fn list(app: &App, account: AccountId, before: Option<Uuid>, limit: u32) -> ApiResult<Vec<Collection>> {
    Ok(queries::collections(&app.db, Some(account), None, before, limit.into()).await?)
}

/// # Errors
/// Not found: there is none, or it is somebody else's and private.
pub async fn get(app: &App, reader: Option<&Account>, id: Uuid) -> ApiResult<Collection> {
    let found = queries::collections(&app.db, None, Some(id), None, 1).await?.pop();
    let is_shown = |collection: &Collection| {
        collection.visibility == Visibility::Public || reader.is_some_and(|reader| reader.name == collection.owner)
    };
    found.filter(is_shown).ok_or(ApiError::NotFound("collection"))
}

/// # Errors
/// A conflict: too many.
pub async fn make(app: &App, owner: &Account, wish: &PutCollection) -> ApiResult<Collection> {
    let mut tx = app.db.begin().await?;
    queries::lock_account(&mut tx, owner.id).await?;
    if queries::count_collections(&mut *tx, owner.id).await? >= MAX_COLLECTIONS {
        let detail = format!("An account has at most {MAX_COLLECTIONS} collections.");
        return Err(ApiError::conflict("too-many-collections", detail));
    }
    let id = Uuid::now_v7();
    queries::insert_collection(&mut *tx, id, owner.id, wish).await?;
    tx.commit().await?;
    get(app, Some(owner), id).await
}

/// # Errors
/// Not found.
pub async fn replace(app: &App, owner: &Account, id: Uuid, wish: &PutCollection) -> ApiResult<Collection> {
    match queries::update_collection(&app.db, id, owner.id, wish).await? {
        0 => Err(ApiError::NotFound("collection of yours")),
        _ => get(app, Some(owner), id).await,
    }
}

/// # Errors
/// Not found.
pub async fn delete(app: &App, owner: AccountId, id: Uuid) -> ApiResult<()> {
    match queries::delete_collection(&app.db, id, owner).await? {
        0 => Err(ApiError::NotFound("collection of yours")),
        _ => Ok(()),
    }
}

/// The items of a collection, the last added first. What was withdrawn is left out.
///
/// # Errors
/// As [`get`].
pub async fn items(
    app: &App,
    reader: Option<&Account>,
    id: Uuid,
    after: Option<Place>,
    limit: u32,
) -> ApiResult<(Vec<Item>, Option<Place>)> {
    get(app, reader, id).await?;
    let places = queries::items(&app.db, id, after, limit.into()).await?;
    let ids: Vec<_> = places.iter().map(|(_, item)| *item).collect();
    let last = places.last().filter(|_| places.len() >= limit as usize).copied();
    Ok((listing::items(&app.db, &ids).await?, last))
}

/// Adds a published item; one that was added before stays where it is.
///
/// # Errors
/// Not found; a conflict: it is full.
pub async fn add_item(app: &App, owner: AccountId, id: Uuid, item: Uuid) -> ApiResult<()> {
    if listing::items(&app.db, &[item]).await?.is_empty() {
        return Err(ApiError::NotFound("item"));
    }
    let mut tx = app.db.begin().await?;
    if !queries::lock_collection(&mut tx, id, owner).await? {
        return Err(ApiError::NotFound("collection of yours"));
    }
    if queries::count_items(&mut *tx, id).await? >= MAX_ITEMS {
        let detail = format!("A collection has at most {MAX_ITEMS} items.");
        return Err(ApiError::conflict("collection-full", detail));
    }
    queries::insert_item(&mut *tx, id, item).await?;
    tx.commit().await?;
    Ok(())
}

/// # Errors
/// Not found.
pub async fn remove_item(app: &App, owner: AccountId, id: Uuid, item: Uuid) -> ApiResult<()> {
    match queries::delete_item(&app.db, id, owner, item).await? {
        0 => Err(ApiError::NotFound("item in a collection of yours")),
        _ => Ok(()),
    }
}
