//! Mails the receipt of an order again.

use serde_json::json;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::OrderId;
use tradepost_common::orders::OrderView;

use super::{place, queries};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::jobs::Event;
use crate::notices;

/// Sends the message that has the receipt mailed again.
///
/// # Errors
/// Not found; a conflict before it is paid.
pub async fn mail_again(app: &App, actor: &Actor, id: OrderId) -> ApiResult<OrderView> {
    let mut tx = app.db.begin().await?;
    let order = queries::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("order"))?;
    if !order.state.was_paid() {
        let detail = format!("The order is {}; there is a receipt once it is paid.", order.state);
        return Err(ApiError::conflict("not-paid", detail));
    }
    notices::emit(&app.broker, &mut tx, &[Event::ReceiptAsked(id)]).await?;
    let detail = json!({ "account": order.buyer });
    audit::record(&mut tx, actor, AuditAct::OrderReceipt, &format!("order:{id}"), detail).await?;
    let view = place::view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(view)
}
