//! Prices of products, and the shares of a family's contributors: their owner decides.

use std::collections::BTreeSet;

use tradepost_common::sales::{Licence, Price, Product, ProductKind};
use tradepost_inspect::manifest::MAX_PRICE_MINOR;
use uuid::Uuid;

use super::queries;
use crate::accounts::Account;
use crate::app::App;
use crate::catalog::labels as catalog;
use crate::error::{ApiError, ApiResult, constraint};

/// Prices of a product.
pub const MAX_PRICES: usize = 30;
/// Contributors of a family.
pub const MAX_SHARES: usize = 20;

/// The prices of a published product.
///
/// # Errors
/// Not found.
pub async fn list(app: &App, product: Product) -> ApiResult<Vec<Price>> {
    if !queries::is_published(&app.db, product).await? {
        return Err(ApiError::NotFound("published product"));
    }
    let rows = queries::prices(&app.db, product).await?;
    Ok(rows.into_iter().filter_map(price).collect())
}

fn price(row: queries::PriceRow) -> Option<Price> {
    Some(Price {
        licence: row.licence,
        currency: row.currency.try_into().ok()?,
        amount_minor: row.amount_minor,
    })
}

/// Replaces the prices of a product of one's own. Orders keep theirs.
///
/// # Errors
/// Not found; invalid; unprocessable: two prices for a licence and a currency, or a set without a personal licence.
pub async fn replace(app: &App, owner: &Account, product: Product, prices: &[Price]) -> ApiResult<Vec<Price>> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = prices
        .iter()
        .find(|price| !seen.insert((price.licence, &price.currency)))
    {
        let detail = format!(
            "There are two prices for the {} licence in {}.",
            twice.licence,
            twice.currency.as_str()
        );
        return Err(ApiError::unprocessable("duplicate-price", detail));
    }
    let is_amount = prices
        .iter()
        .all(|price| (0..=MAX_PRICE_MINOR).contains(&price.amount_minor));
    ApiError::unless_all([
        (
            "prices",
            prices.len() <= MAX_PRICES,
            format!("must be at most {MAX_PRICES}"),
        ),
        ("amount_minor", is_amount, format!("must be 0 to {MAX_PRICE_MINOR}")),
    ])?;
    let mut tx = app.db.begin().await?;
    let family = catalog::lock_family(&mut tx, owner.id, product).await?;
    family.ok_or(ApiError::NotFound("product of yours"))?;
    queries::delete_prices(&mut tx, product).await?;
    // The first personal price of a set takes the place of its manifest's.
    let is_own = |price: &&Price| product.kind == ProductKind::Set && price.licence == Licence::Personal;
    let own = prices.iter().find(is_own);
    if product.kind == ProductKind::Set {
        let own = own.ok_or_else(|| {
            ApiError::unprocessable(
                "no-personal-price",
                "A set has a price for the personal licence at least.",
            )
        })?;
        queries::set_own_price(&mut tx, product.id, own.currency.as_str(), own.amount_minor).await?;
    }
    let others: Vec<_> = prices.iter().filter(|price| own != Some(*price)).collect();
    queries::insert_prices(&mut tx, product, &others).await?;
    let rows = queries::prices(&mut *tx, product).await?;
    tx.commit().await?;
    Ok(rows.into_iter().filter_map(price).collect())
}

/// The contributors of a family with their shares of its royalties, for its owner.
///
/// # Errors
/// Not found.
pub async fn shares(app: &App, owner: &Account, family: Uuid) -> ApiResult<Vec<(String, i32)>> {
    let mut tx = app.db.begin().await?;
    own_family(&mut tx, owner, family).await?;
    Ok(queries::family_shares(&mut *tx, family).await?)
}

/// Replaces the shares of a family of one's own; none: all is the owner's. Orders keep theirs.
///
/// # Errors
/// Not found; unprocessable: they are not 10000 basis points, or name somebody twice or who is no contributor.
pub async fn replace_shares(
    app: &App,
    owner: &Account,
    family: Uuid,
    shares: &[(String, i32)],
) -> ApiResult<Vec<(String, i32)>> {
    let (names, basis_points): (Vec<_>, Vec<_>) = shares.iter().cloned().unzip();
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return Err(ApiError::unprocessable(
            "duplicate-share",
            "A contributor is named twice.",
        ));
    }
    let mut tx = app.db.begin().await?;
    own_family(&mut tx, owner, family).await?;
    queries::delete_shares(&mut tx, family).await?;
    let inserted = queries::insert_shares(&mut tx, family, &names, &basis_points).await;
    let inserted = inserted.map_err(|error| match constraint(&error) {
        Some("family_shares_whole") => not_whole(),
        _ => error.into(),
    })?;
    if inserted < names.len() as u64 {
        return Err(ApiError::unprocessable(
            "no-contributor",
            "A share names an account that is no contributor.",
        ));
    }
    let shares = queries::family_shares(&mut *tx, family).await?;
    tx.commit().await?;
    Ok(shares)
}

fn not_whole() -> ApiError {
    ApiError::unprocessable("shares-not-whole", "The shares must be 10000 basis points together.")
}

async fn own_family(tx: &mut sqlx::PgConnection, owner: &Account, family: Uuid) -> ApiResult<()> {
    let product = Product {
        kind: ProductKind::Family,
        id: family,
    };
    let own = catalog::lock_family(tx, owner.id, product).await?;
    own.map(|_| ()).ok_or(ApiError::NotFound("family of yours"))
}
