//! Places orders.

use serde_json::json;
use sqlx::PgConnection;
use tradepost_common::ids::{CartId, OrderId};
use tradepost_common::orders::OrderView;
use tradepost_store::sha256;

use super::pay::{self, Funds, PayWith, Wish};
use super::queries::{self, Earlier, NewOrder};
use super::refund::queries as refunds;
use crate::accounts::Account;
use crate::app::App;
use crate::database::begin_by_key;
use crate::error::{ApiError, ApiResult};
use crate::payments::{Payment, declines, service as payments};
use crate::sales::carts::{self, Basket};
use crate::sales::quote::{Offer, Quote};
use crate::sales::{MAX_LINES, coupons, offers, owned, tax};

/// The header `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for IdempotencyKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ok = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if ok {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 255 visible ASCII characters")
        }
    }
}

/// The products of an order.
#[derive(Debug, Clone)]
pub enum Source {
    Basket(Basket),
    /// All that is in the cart, which is gone then.
    Cart(CartId),
}

impl Source {
    /// Tells requests apart.
    fn sha256(&self, wish: &Wish<'_>) -> [u8; 32] {
        let text = match self {
            Self::Basket(Basket {
                lines,
                currency,
                coupon,
            }) => json!([lines, currency, coupon]),
            Self::Cart(id) => json!(id),
        };
        // Without a place, requests are what they were before there were places.
        let request = match wish.tax.is_told() {
            true => json!([text, wish.pay_with, wish.method, wish.tax]),
            false => json!([text, wish.pay_with, wish.method]),
        };
        sha256(request.to_string().as_bytes())
    }
}

/// Holds the funds and places the order; or answers with the order that this key has placed.
///
/// # Errors
/// A conflict while a request with this key runs, or when a product is owned already or not for sale; payment required;
/// unprocessable when the key was used for other products. Nothing is placed, and the key is free.
pub async fn place(
    app: &App,
    buyer: &Account,
    key: &IdempotencyKey,
    source: &Source,
    wish: &Wish<'_>,
) -> ApiResult<OrderView> {
    let request_sha256 = source.sha256(wish);
    let mut tx = begin_by_key(&app.db).await?;
    if !queries::lock_key(&mut tx, buyer.id, &key.0).await? {
        return Err(ApiError::conflict(
            "in-flight",
            "A request with this Idempotency-Key is still running. Ask again for its answer.",
        ));
    }
    if let Some(earlier) = queries::by_key(&mut tx, buyer.id, &key.0).await? {
        let answer = replay(&mut tx, &earlier, request_sha256).await;
        // The key is free again before the answer is sent: dropped, the transaction would end some time after it.
        tx.rollback().await?;
        return answer;
    }
    queries::lock_buyer(&mut tx, buyer.id).await?;
    let basket = match source {
        Source::Basket(basket) => basket.clone(),
        Source::Cart(id) => carts::take(&mut tx, buyer, *id).await?,
    };
    let id = place_basket(app, &mut tx, buyer, (&key.0, request_sha256), (&basket, wish)).await?;
    let placed = view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(placed)
}

async fn replay(tx: &mut PgConnection, earlier: &Earlier, request_sha256: [u8; 32]) -> ApiResult<OrderView> {
    if earlier.request_sha256 != request_sha256 {
        return Err(ApiError::unprocessable(
            "key-reused",
            "This Idempotency-Key placed another order. Use a new key for a new order.",
        ));
    }
    view(tx, earlier.id).await
}

async fn place_basket(
    app: &App,
    tx: &mut PgConnection,
    buyer: &Account,
    (key, request_sha256): (&str, [u8; 32]),
    (basket, wish): (&Basket, &Wish<'_>),
) -> ApiResult<OrderId> {
    if !(1..=MAX_LINES).contains(&basket.lines.len()) {
        let detail = format!("An order has 1 to {MAX_LINES} lines.");
        return Err(ApiError::unprocessable("no-lines", detail));
    }
    let offers = offers::look_up(&mut *tx, buyer, &basket.lines, &basket.currency).await?;
    owned::refuse_needless(&mut *tx, buyer, &offers).await?;
    let coupon = match &basket.coupon {
        Some(code) => Some(coupons::find(&mut *tx, code, &basket.currency, &offers).await?),
        None => None,
    };
    let tax = tax::at_place(app, &mut *tx, &wish.tax).await?;
    let reduction = coupon.as_ref().map(|coupon| &coupon.reduction);
    let quote = offers::price(app, &offers, reduction, tax.basis_points)?;
    let id = OrderId::new();
    let products: Vec<_> = offers.iter().map(|offer| offer.product.id).collect();
    if wish.pay_with == PayWith::Card {
        declines::refuse_tester(app, &mut *tx, buyer.id, wish.network, &products).await?;
    }
    let price = (id, quote.total, basket.currency.as_str());
    let Funds { hold_id, state } = pay::hold_funds(app, &mut *tx, buyer, price, wish).await?;
    let order = NewOrder {
        id,
        account_id: buyer.id,
        key,
        request_sha256,
        currency: &basket.currency,
        quote: &quote,
        tax: &tax,
        coupon: basket.coupon.as_deref(),
        hold_id,
        state,
    };
    insert(&mut *tx, &order, &offers, &quote).await?;
    if let Some(coupon) = &coupon {
        coupons::claim(&mut *tx, coupon, id, buyer.id).await?;
    }
    pay::begin(app, &mut *tx, buyer, price, (state, wish, &products)).await?;
    Ok(id)
}

async fn insert(tx: &mut PgConnection, order: &NewOrder<'_>, offers: &[Offer], quote: &Quote) -> ApiResult<()> {
    queries::insert(&mut *tx, order).await?;
    for (position, (offer, line)) in (0i16..).zip(offers.iter().zip(&quote.lines)) {
        queries::insert_line(&mut *tx, order.id, position, offer, line).await?;
    }
    Ok(())
}

/// An order with its lines, as operators see it.
///
/// # Errors
/// Not found.
pub async fn view(tx: &mut PgConnection, id: OrderId) -> ApiResult<OrderView> {
    let order = queries::rows(&mut *tx, &[id.0]).await?.pop();
    let order = order.ok_or(ApiError::NotFound("order"))?;
    let lines = queries::lines(&mut *tx, id).await?;
    let payment = payments::of_order(&mut *tx, id).await?;
    Ok(OrderView {
        order,
        lines,
        payment: payment.map(Payment::for_operators),
        refunds: refunds::of_order(tx, id).await?,
    })
}
