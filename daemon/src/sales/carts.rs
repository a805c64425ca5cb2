//! Carts: products that somebody thinks of buying, at the prices of that moment. They are forgotten after 7 days.

use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::ids::CartId;
use tradepost_common::sales::{Licence, Product};
use utoipa::ToSchema;

use super::queries::carts as table;
use super::{MAX_LINES, Wanted, coupons, offers, owned};
use crate::accounts::Account;
use crate::app::App;
use crate::error::{ApiError, ApiResult};

const KEPT_DAYS: i32 = 7;
/// Carts of an account.
const MAX_CARTS: i64 = 20;
/// Carts that a sweep deletes.
const SWEPT: i64 = 1_000;

/// The products of an order or a cart.
#[derive(Debug, Clone)]
pub struct Basket {
    pub lines: Vec<Wanted>,
    pub currency: String,
    pub coupon: Option<String>,
}

tradepost_common::text_enum! {
    /// State of a line of a cart.
    #[derive(ToSchema)]
    pub enum CartLineState {
        /// It costs what it cost when it was put in.
        Unchanged = "unchanged",
        PriceChanged = "price_changed",
        NotForSale = "not_for_sale",
        /// You own it, it is your own, or another order contains it.
        Needless = "needless",
    }
}

/// A line of a cart.
#[derive(Debug, Serialize, ToSchema)]
pub struct CartLine {
    product: Product,
    licence: Licence,
    state: CartLineState,
    /// Minor units; null: it was not for sale when it was put in.
    price_then_minor: Option<i64>,
    /// Null: it is not for sale now.
    price_now_minor: Option<i64>,
}

/// A cart with the price of what is for sale in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cart {
    pub id: CartId,
    #[schema(pattern = "^[A-Z]{3}$", max_length = 3)]
    currency: String,
    #[schema(max_length = 40)]
    coupon: Option<String>,
    /// The reason why the coupon takes nothing off.
    #[schema(max_length = 500)]
    coupon_refused: Option<String>,
    #[schema(max_items = 50)]
    lines: Vec<CartLine>,
    total_minor: i64,
    discount_minor: i64,
    tax_minor: i64,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Makes a cart.
///
/// # Errors
/// A conflict: there are too many.
pub async fn make(app: &App, buyer: &Account, basket: &Basket) -> ApiResult<Cart> {
    let mut tx = app.db.begin().await?;
    if table::count(&mut tx, buyer.id).await? >= MAX_CARTS {
        let detail = format!("You have {MAX_CARTS} carts. Delete one, or wait until it expires.");
        return Err(ApiError::conflict("too-many-carts", detail));
    }
    let cart = write(app, &mut tx, buyer, CartId::new(), basket).await?;
    tx.commit().await?;
    Ok(cart)
}

/// Replaces what is in a cart, which lasts 7 days from then on.
///
/// # Errors
/// Not found.
pub async fn replace(app: &App, buyer: &Account, id: CartId, basket: &Basket) -> ApiResult<Cart> {
    let mut tx = app.db.begin().await?;
    table::lock(&mut tx, id, buyer.id)
        .await?
        .ok_or(ApiError::NotFound("cart"))?;
    let cart = write(app, &mut tx, buyer, id, basket).await?;
    tx.commit().await?;
    Ok(cart)
}

async fn write(app: &App, tx: &mut PgConnection, buyer: &Account, id: CartId, basket: &Basket) -> ApiResult<Cart> {
    let about = (basket.currency.as_str(), basket.coupon.as_deref());
    if !table::put(&mut *tx, id, buyer.id, about, KEPT_DAYS).await? {
        return Err(ApiError::NotFound("cart"));
    }
    table::delete_lines(&mut *tx, id).await?;
    let offers = offers::find(&mut *tx, buyer, &basket.lines, &basket.currency).await?;
    for (at, wanted) in basket.lines.iter().enumerate().take(MAX_LINES) {
        let price = offers
            .iter()
            .find(|(place, _)| *place == at)
            .map(|(_, offer)| offer.price_minor);
        let position = i16::try_from(at).expect("there are 50 lines at most");
        table::insert_line(&mut *tx, id, position, *wanted, price).await?;
    }
    look(app, tx, buyer, id).await
}

/// A cart as it would be bought now.
///
/// # Errors
/// Not found.
pub async fn get(app: &App, buyer: &Account, id: CartId) -> ApiResult<Cart> {
    let mut tx = app.db.begin().await?;
    look(app, &mut tx, buyer, id).await
}

async fn look(app: &App, tx: &mut PgConnection, buyer: &Account, id: CartId) -> ApiResult<Cart> {
    let head = table::lock(&mut *tx, id, buyer.id)
        .await?
        .ok_or(ApiError::NotFound("cart"))?;
    let stored = table::lines(&mut *tx, id).await?;
    let wanted: Vec<_> = stored.iter().map(|line| line.wanted).collect();
    let found = offers::find(&mut *tx, buyer, &wanted, &head.currency).await?;
    let all: Vec<_> = found.iter().map(|(_, offer)| offer.clone()).collect();
    let rights = owned::rights(&mut *tx, buyer, &all).await?;
    let mut lines = Vec::new();
    let mut wanted_now = Vec::new();
    for (at, line) in stored.iter().enumerate() {
        let offer = found.iter().find(|(place, _)| *place == at).map(|(_, offer)| offer);
        let price_now_minor = offer.map(|offer| offer.price_minor);
        let state = match offer {
            None => CartLineState::NotForSale,
            Some(offer) if offer.seller_id == buyer.id || rights.iter().any(|right| right.to.contains(offer)) => {
                CartLineState::Needless
            }
            Some(_) if price_now_minor != line.price_minor => CartLineState::PriceChanged,
            Some(_) => CartLineState::Unchanged,
        };
        wanted_now.extend(offer.filter(|_| state != CartLineState::Needless).cloned());
        lines.push(CartLine {
            product: line.wanted.product,
            licence: line.wanted.licence,
            state,
            price_then_minor: line.price_minor,
            price_now_minor,
        });
    }
    let (coupon, coupon_refused) = match &head.coupon {
        None => (None, None),
        Some(code) => match coupons::find(tx, code, &head.currency, &wanted_now).await {
            Ok(usable) => (Some(usable), None),
            Err(ApiError::Conflict { detail, .. }) => (None, Some(detail)),
            Err(other) => return Err(other),
        },
    };
    // The tax is in the price: its rate, which the order decides, changes no total.
    let tax = app.config.money.tax_basis_points;
    let quote = offers::price(app, &wanted_now, coupon.as_ref().map(|coupon| &coupon.reduction), tax)?;
    Ok(Cart {
        id,
        currency: head.currency,
        coupon: head.coupon,
        coupon_refused,
        lines,
        total_minor: quote.total,
        discount_minor: quote.discount,
        tax_minor: quote.tax,
        expires_at: head.expires_at,
    })
}

/// Deletes a cart.
///
/// # Errors
/// Not found.
pub async fn delete(app: &App, buyer: &Account, id: CartId) -> ApiResult<()> {
    let mut connection = app.db.acquire().await?;
    let is_gone = table::delete(&mut connection, id, buyer.id).await?;
    is_gone.then_some(()).ok_or(ApiError::NotFound("cart"))
}

/// Takes what is in a cart for an order, in its transaction: the cart is gone when the order is placed.
///
/// # Errors
/// Not found.
pub async fn take(tx: &mut PgConnection, buyer: &Account, id: CartId) -> ApiResult<Basket> {
    let head = table::lock(&mut *tx, id, buyer.id)
        .await?
        .ok_or(ApiError::NotFound("cart"))?;
    let lines = table::lines(&mut *tx, id).await?;
    table::delete(tx, id, buyer.id).await?;
    Ok(Basket {
        lines: lines.into_iter().map(|line| line.wanted).collect(),
        currency: head.currency,
        coupon: head.coupon,
    })
}

/// Deletes carts that are expired. Answers with how many.
pub async fn sweep(app: &App) -> sqlx::Result<u64> {
    table::delete_expired(&app.db, SWEPT).await
}
