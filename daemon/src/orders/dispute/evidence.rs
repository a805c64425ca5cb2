//! The file of evidence of a dispute.

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::queries;
use crate::accounts::service as accounts;
use crate::orders::place;
use crate::payments::Payment;

/// Everything that speaks for the sale: the order with its lines and licences, the payment, the client's network, what was granted.
pub async fn collect(tx: &mut PgConnection, payment: &Payment) -> anyhow::Result<Value> {
    let order = match payment.order_id {
        Some(id) => {
            let view = place::view(&mut *tx, id)
                .await
                .map_err(|error| anyhow::anyhow!("{error}"))?;
            let granted = queries::granted(&mut *tx, id).await?;
            json!({ "order": view, "granted": granted })
        }
        None => json!({ "top_up": true }),
    };
    let contact = accounts::contact(&mut *tx, &payment.account).await?;
    let email = contact.as_ref().and_then(|contact| contact.email.as_ref());
    Ok(json!({
        "collected_at": OffsetDateTime::now_utc().unix_timestamp(),
        "account": payment.account,
        "email": email.map(|email| email.as_str()),
        "client_network": payment.network,
        "payment": { "id": payment.id, "provider_id": payment.provider_id, "amount_minor": payment.amount_minor,
            "currency": payment.currency },
        "purchase": order,
    }))
}
