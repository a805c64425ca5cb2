//! Items that an account likes.

use tradepost_common::ids::AccountId;
use uuid::Uuid;

use super::{Place, queries};
use crate::app::App;
use crate::catalog::listing::{self, Item};
use crate::error::{ApiError, ApiResult};

/// Favourites of an account.
const MAX_FAVOURITES: i64 = 10_000;

/// A page of favourites with the place of the last one, newest first. What was withdrawn is left out.
pub async fn list(
    app: &App,
    account: AccountId,
    after: Option<Place>,
    limit: u32,
) -> ApiResult<(Vec<Item>, Option<Place>)> {
    let places = queries::favourites(&app.db, account, after, limit.into()).await?;
    let ids: Vec<_> = places.iter().map(|(_, id)| *id).collect();
    let last = places.last().filter(|_| places.len() >= limit as usize).copied();
    Ok((listing::items(&app.db, &ids).await?, last))
}

/// Adds a published item; one that was added before stays where it is.
///
/// # Errors
/// Not found; a conflict: too many.
pub async fn add(app: &App, account: AccountId, item: Uuid) -> ApiResult<()> {
    if listing::items(&app.db, &[item]).await?.is_empty() {
        return Err(ApiError::NotFound("item"));
    }
    let mut tx = app.db.begin().await?;
    queries::lock_account(&mut tx, account).await?;
    if queries::count_favourites(&mut *tx, account).await? >= MAX_FAVOURITES {
        let detail = format!("An account has at most {MAX_FAVOURITES} favourites.");
        return Err(ApiError::conflict("too-many-favourites", detail));
    }
    queries::insert_favourite(&mut *tx, account, item).await?;
    tx.commit().await?;
    Ok(())
}

/// # Errors
/// Not found.
pub async fn remove(app: &App, account: AccountId, item: Uuid) -> ApiResult<()> {
    match queries::delete_favourite(&app.db, account, item).await? {
        0 => Err(ApiError::NotFound("favourite of yours")),
        _ => Ok(()),
    }
}
