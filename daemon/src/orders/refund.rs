//! Refunds, of all or a part: royalties and fee are taken back in proportion, and the buyer gets the money the way it was paid.
//!
//! Store credit is paid in the transaction of the refund. What a card paid is held on the buyer's account until the provider has
//! paid it back; if it never can, the buyer keeps it as store credit.

mod job;
pub(super) mod queries;

use serde_json::json;
use sqlx::PgConnection;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{OrderId, RefundId};
use tradepost_common::orders::{OrderState, OrderView, Refund};
use tradepost_ledger::{Hold, LedgerError, PartialReversal, hold, holder, reverse_part};
use uuid::Uuid;

use super::queries::LockedOrder;
use super::{place, queries as orders};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::books;
use crate::config::OnPartialRefund;
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, RefundJob};
use crate::notices::{self, Event};
use crate::payments::{Payment, service};
use queries::{self as refunds, NewRefund};

pub(super) use job::look;
pub use job::run;

/// Longest text that a buyer is shown.
const MAX_REASON: usize = 500;

/// Refunds a paid order, or a part of it.
///
/// # Errors
/// Not found; a conflict when it is not paid, or when a seller's balance would fall below the limit; unprocessable when less is left.
pub async fn refund(app: &App, actor: &Actor, id: OrderId, refund: &Refund) -> ApiResult<OrderView> {
    check_reason(&refund.reason)?;
    let mut tx = app.db.begin().await?;
    let order = orders::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("order"))?;
    if order.state != OrderState::Paid {
        let detail = format!("The order is {}; only a paid order can be refunded.", order.state);
        return Err(ApiError::conflict("not-paid", detail));
    }
    if orders::rights::is_upgraded(&mut tx, id).await? {
        let detail = "The buyer has upgraded a licence of this order, for the difference to what it cost. Refund that order first.";
        return Err(ApiError::conflict("upgraded", detail));
    }
    let left = order.total_minor - order.refunded_minor;
    let amount = refund.amount_minor.unwrap_or(left);
    if amount > left || (amount <= 0 && left > 0) {
        let detail = format!("amount_minor must be 1 to {left}: that is left of the order.");
        return Err(ApiError::unprocessable("refund-too-large", detail));
    }
    let transaction = match order.payment_id {
        Some(payment) if amount > 0 => {
            let asked = (amount, refund.reason.as_str(), actor.user.as_str());
            Some(take_back(app, &mut tx, (id, &order), payment, asked).await?)
        }
        _ => None,
    };
    if amount == left || app.config.money.on_partial_refund == OnPartialRefund::Revoke {
        orders::rights::revoke(&mut tx, id).await?;
    }
    orders::add_refunded(&mut tx, id, amount, transaction, &refund.reason).await?;
    let detail =
        json!({ "account": order.buyer, "amount_minor": amount, "currency": order.currency, "reason": refund.reason });
    audit::record(&mut tx, actor, AuditAct::OrderRefund, &format!("order:{id}"), detail).await?;
    notices::emit(&app.broker, &mut tx, &[Event::OrderRefunded(id)]).await?;
    let refunded = place::view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(refunded)
}

/// Takes royalties and fee back to the buyer's account. Answers with the transaction.
async fn take_back(
    app: &App,
    tx: &mut PgConnection,
    (id, order): (OrderId, &LockedOrder),
    payment: Uuid,
    (amount, reason, user): (i64, &str, &str),
) -> ApiResult<Uuid> {
    let refund = RefundId::new();
    let key = format!("refund:{refund}");
    let wallet = books::wallet(&mut *tx, &order.buyer, &order.currency).await?;
    // A guest's order may belong to another account by now.
    let payer = match order.hold_id {
        Some(hold) => holder(&mut *tx, hold).await.map_err(refund_error)?,
        None => wallet,
    };
    let part = PartialReversal {
        key: &key,
        kind: "refund",
        transaction: payment,
        before: order.refunded_minor,
        amount,
        whole: order.total_minor,
        payer,
        receiver: wallet,
        rest: books::fees(&mut *tx, &order.currency, &format!("order:{id}")).await?,
    };
    let posted = reverse_part(&mut *tx, &part).await.map_err(refund_error)?.id();
    let card = service::of_order(&mut *tx, id).await?;
    let hold_id = match card {
        Some(_) => {
            let held = Hold {
                key: &key,
                account: wallet,
                amount,
            };
            Some(hold(&mut *tx, held).await.map_err(refund_error)?)
        }
        None => None,
    };
    let new = NewRefund {
        id: refund,
        order: id,
        payment: card.map(|payment| payment.id),
        amount_minor: amount,
        currency: &order.currency,
        reason,
        asked_by: Some(user),
        hold_id,
        transaction_id: Some(posted).filter(|_| hold_id.is_none()),
    };
    insert(app, tx, &new).await?;
    Ok(posted)
}

async fn insert(app: &App, tx: &mut PgConnection, new: &NewRefund<'_>) -> sqlx::Result<()> {
    refunds::insert(&mut *tx, new).await?;
    if new.payment.is_some() {
        let message = Job::Refund(RefundJob { refund_id: new.id }).message();
        app.broker.send(tx, &[message]).await?;
    }
    Ok(())
}

/// Has the provider pay back an order that could not be settled: the hold of the order is that of the refund.
pub(super) async fn pay_back(
    app: &App,
    tx: &mut PgConnection,
    payment: &Payment,
    hold: Uuid,
    reason: &str,
) -> sqlx::Result<()> {
    let Some(order) = payment.order_id else { return Ok(()) };
    let new = NewRefund {
        id: RefundId::new(),
        order,
        payment: Some(payment.id),
        amount_minor: payment.amount_minor,
        currency: &payment.currency,
        reason,
        asked_by: None,
        hold_id: Some(hold),
        transaction_id: None,
    };
    insert(app, tx, &new).await
}

fn refund_error(error: LedgerError) -> ApiError {
    match error {
        LedgerError::InsufficientFunds => ApiError::conflict(
            "clawback-limit",
            "A contributor's balance would fall below money.clawback_limit_minor. Raise the limit of the account, or give store credit.",
        ),
        other => anyhow::Error::new(other).into(),
    }
}

/// Refuses a reason that is empty or too long.
///
/// # Errors
/// Invalid.
pub fn check_reason(reason: &str) -> ApiResult<()> {
    let ok = !reason.trim().is_empty() && reason.chars().count() <= MAX_REASON;
    ApiError::unless_all([("reason", ok, format!("must be 1 to {MAX_REASON} characters"))])
}
