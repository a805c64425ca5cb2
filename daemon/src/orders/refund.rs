//! Refunds: the money goes back as store credit, the royalties are taken back, the entitlements end.

use serde_json::json;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::OrderId;
use tradepost_common::orders::{OrderState, OrderView};
use tradepost_ledger::{LedgerError, reverse};

use super::{place, queries};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::notices::{self, Event};

/// Longest text that a buyer is shown.
const MAX_REASON: usize = 500;

/// Refunds a paid order.
///
/// # Errors
/// Not found; a conflict when it is not paid, or when a seller's balance would fall below the limit.
pub async fn refund(app: &App, actor: &Actor, id: OrderId, reason: &str) -> ApiResult<OrderView> {
    check_reason(reason)?;
    let mut tx = app.db.begin().await?;
    let order = queries::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("order"))?;
    if order.state != OrderState::Paid {
        let detail = format!("The order is {}; only a paid order can be refunded.", order.state);
        return Err(ApiError::conflict("not-paid", detail));
    }
    let refund = match order.payment_id {
        Some(payment) => Some(
            reverse(&mut tx, &format!("refund:{id}"), "refund", payment)
                .await
                .map_err(refund_error)?
                .id(),
        ),
        None => None,
    };
    queries::revoke(&mut tx, id).await?;
    queries::set_refunded(&mut tx, id, refund, reason).await?;
    let detail = json!({ "account": order.buyer, "total_minor": order.total_minor, "currency": order.currency, "reason": reason });
    audit::record(&mut tx, actor, AuditAct::OrderRefund, &format!("order:{id}"), detail).await?;
    notices::emit(&app.broker, &mut tx, &[Event::OrderRefunded(id)]).await?;
    let refunded = place::view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(refunded)
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
