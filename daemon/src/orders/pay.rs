//! The ways to pay: nothing, store credit, a card. Each ends in a hold on the buyer's account, or in none where nothing is paid.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tradepost_common::ids::{OrderId, PaymentId};
use tradepost_common::money::money;
use tradepost_common::orders::OrderState;
use tradepost_ledger::{Hold, LedgerError, hold};
use utoipa::ToSchema;
use uuid::Uuid;

use super::job::settle_free;
use crate::accounts::Account;
use crate::app::App;
use crate::books;
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, SettleJob};
use crate::payments::{NewPayment, service};
use crate::sales::tax::TaxPlace;

/// The way to pay an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayWith {
    #[default]
    StoreCredit,
    Card,
}

/// The way in which a buyer wants to pay, and from where.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    pub pay_with: PayWith,
    /// The provider's name of a card.
    pub method: Option<&'a str>,
    /// The network of the client.
    pub network: &'a str,
    pub tax: TaxPlace,
}

/// The money of an order that is about to be inserted.
#[derive(Debug, Clone, Copy)]
pub struct Funds {
    pub hold_id: Option<Uuid>,
    pub state: OrderState,
}

/// Holds store credit where the order costs something and no card pays it.
///
/// # Errors
/// Payment required; a conflict when no card is taken here.
pub async fn hold_funds(
    app: &App,
    tx: &mut PgConnection,
    buyer: &Account,
    (id, total_minor, currency): (OrderId, i64, &str),
    wish: &Wish<'_>,
) -> ApiResult<Funds> {
    if total_minor == 0 {
        return Ok(Funds {
            hold_id: None,
            state: OrderState::Placed,
        });
    }
    if wish.pay_with == PayWith::Card {
        refuse_without_provider(app)?;
        return Ok(Funds {
            hold_id: None,
            state: OrderState::AwaitingPayment,
        });
    }
    let account = books::wallet(&mut *tx, &buyer.name, currency).await?;
    let key = format!("order:{id}");
    let wanted = Hold {
        key: &key,
        account,
        amount: total_minor,
    };
    let held = hold(&mut *tx, wanted).await;
    Ok(Funds {
        hold_id: Some(held.map_err(|error| payment_error(error, total_minor, currency))?),
        state: OrderState::Placed,
    })
}

/// Settles an order that costs nothing, sends the message that settles another, or inserts the payment that it waits for. The order is
/// inserted already.
pub async fn begin(
    app: &App,
    tx: &mut PgConnection,
    buyer: &Account,
    (id, total_minor, currency): (OrderId, i64, &str),
    (state, wish, products): (OrderState, &Wish<'_>, &[Uuid]),
) -> ApiResult<()> {
    if total_minor == 0 {
        return settle_free(app, tx, id, products).await;
    }
    if state == OrderState::Placed {
        let settle = Job::Settle(SettleJob { order_id: id }).message();
        return Ok(app.broker.send(tx, &[settle]).await?);
    }
    let payment = NewPayment {
        id: PaymentId::new(),
        account: buyer.id,
        order: Some(id),
        idempotency_key: None,
        amount_minor: total_minor,
        currency,
        method: wish.method,
        network: wish.network,
        products,
    };
    Ok(service::insert(app, tx, &payment).await?)
}

/// # Errors
/// A conflict when no card is taken here.
pub fn refuse_without_provider(app: &App) -> ApiResult<()> {
    let message = "This marketplace takes no cards. Pay with store credit.";
    let refusal = || ApiError::conflict("no-cards", message);
    app.stripe.as_ref().map(drop).ok_or_else(refusal)
}

fn payment_error(error: LedgerError, total_minor: i64, currency: &str) -> ApiError {
    match error {
        LedgerError::InsufficientFunds => ApiError::PaymentRequired {
            code: "insufficient-funds",
            detail: format!(
                "The order costs {}, and your store credit is less. No order was placed.",
                money(total_minor, currency)
            ),
        },
        other => anyhow::Error::new(other).into(),
    }
}

/// Refuses what can not be the provider's name of a card.
///
/// # Errors
/// Invalid.
pub fn check_method(method: Option<&str>) -> ApiResult<()> {
    let is_name = |method: &str| {
        (1..=100).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let ok = method.is_none_or(is_name);
    let message = "must be the provider's id of a card: 1 to 100 letters, digits and _";
    ApiError::unless_all([("payment_method", ok, message)])
}
