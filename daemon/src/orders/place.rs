//! Places orders.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use tradepost_common::ids::{OrderId, SetId};
use tradepost_common::orders::OrderView;
use tradepost_store::sha256;

use super::pay::{self, Funds, PayWith, Wish};
use super::queries::{self, NewOrder, Offer};
use super::refund::queries as refunds;
use crate::accounts::Account;
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::payments::{Payment, declines, service as payments};

/// Sets in an order.
pub const MAX_SETS: usize = 50;

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

/// Holds the funds and places the order; or answers with the order that this key has placed.
///
/// # Errors
/// A conflict while a request with this key runs, or when a set is owned already; payment required; unprocessable when the key was
/// used for other sets. Nothing is placed, and the key is free.
pub async fn place(
    app: &App,
    buyer: &Account,
    key: &IdempotencyKey,
    sets: &BTreeSet<SetId>,
    wish: &Wish<'_>,
) -> ApiResult<OrderView> {
    let is_count = (1..=MAX_SETS).contains(&sets.len());
    ApiError::unless_all([("sets", is_count, format!("must name 1 to {MAX_SETS} sets"))])?;
    let wanted: Vec<_> = sets.iter().copied().collect();
    let request = (&wanted, wish.pay_with, wish.method);
    let request_sha256 = sha256(&serde_json::to_vec(&request).expect("ids and texts are always JSON"));
    let mut tx = app.db.begin().await?;
    if !queries::lock_key(&mut tx, buyer.id, &key.0).await? {
        return Err(ApiError::conflict(
            "in-flight",
            "A request with this Idempotency-Key is still running. Ask again for its answer.",
        ));
    }
    if let Some(earlier) = queries::by_key(&mut tx, buyer.id, &key.0).await? {
        if earlier.request_sha256 != request_sha256 {
            return Err(ApiError::unprocessable(
                "key-reused",
                "This Idempotency-Key placed an order for other sets. Use a new key for a new order.",
            ));
        }
        return view(&mut tx, earlier.id).await;
    }
    let offers = offers(&mut tx, buyer, &wanted).await?;
    let id = insert(app, &mut tx, buyer, (&key.0, request_sha256), &offers, wish).await?;
    let placed = view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(placed)
}

/// The sets as they are sold now.
async fn offers(tx: &mut PgConnection, buyer: &Account, wanted: &[SetId]) -> ApiResult<Vec<Offer>> {
    let offers = queries::offers(tx, buyer.id, wanted).await?;
    if let Some(missing) = wanted
        .iter()
        .find(|id| !offers.iter().any(|offer| offer.set_id == **id))
    {
        return Err(ApiError::conflict(
            "not-for-sale",
            format!("There is no published set {missing}."),
        ));
    }
    for offer in &offers {
        if offer.is_owned {
            return Err(ApiError::conflict(
                "already-owned",
                format!("You own the set {} already.", offer.set_id),
            ));
        }
        if offer.seller_id == buyer.id {
            return Err(ApiError::conflict(
                "own-set",
                format!("The set {} is your own.", offer.set_id),
            ));
        }
        if offer.is_ordered {
            let detail = format!(
                "The set {} is in an order of yours that is being settled.",
                offer.set_id
            );
            return Err(ApiError::conflict("already-ordered", detail));
        }
    }
    let currencies: BTreeSet<_> = offers.iter().map(|offer| offer.currency.as_str()).collect();
    if currencies.len() > 1 {
        let list = currencies.into_iter().collect::<Vec<_>>().join(", ");
        return Err(ApiError::invalid(
            "sets",
            format!("must have one currency, not {list}: place an order for each"),
        ));
    }
    Ok(offers)
}

async fn insert(
    app: &App,
    tx: &mut PgConnection,
    buyer: &Account,
    (key, request_sha256): (&str, [u8; 32]),
    offers: &[Offer],
    wish: &Wish<'_>,
) -> ApiResult<OrderId> {
    let id = OrderId::new();
    let currency = offers.first().map_or("EUR", |offer| offer.currency.as_str());
    let total = offers
        .iter()
        .try_fold(0i64, |sum, offer| sum.checked_add(offer.price_minor));
    let total_minor = total.ok_or_else(|| ApiError::invalid("sets", "cost more than an order can"))?;
    let products: Vec<_> = offers.iter().map(|offer| offer.set_id.0).collect();
    if wish.pay_with == PayWith::Card {
        declines::refuse_tester(app, &mut *tx, buyer.id, wish.network, &products).await?;
    }
    let price = (id, total_minor, currency);
    let Funds { hold_id, state } = pay::hold_funds(app, &mut *tx, buyer, price, wish).await?;
    let order = NewOrder {
        id,
        account_id: buyer.id,
        key,
        request_sha256,
        currency,
        total_minor,
        hold_id,
        state,
    };
    queries::insert(&mut *tx, &order).await?;
    queries::insert_lines(&mut *tx, id, offers, app.config.money.fee_basis_points).await?;
    pay::begin(app, &mut *tx, buyer, price, (state, wish, &products)).await?;
    Ok(id)
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
