//! Makes and deletes webhooks, queues deliveries.

use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tradepost_common::ids::AccountId;
use uuid::Uuid;

pub use super::queries::{owner, tidy};
use super::{Webhook, WebhookEvent, guard, queries, signature};
use crate::accounts::service as accounts;
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, WebhookJob};

/// Makes a webhook. Answers with it and its secret.
///
/// # Errors
/// Unprocessable when the URL is unusable; a conflict when the account has too many.
pub async fn create(app: &App, account: AccountId, url: &str, events: &[WebhookEvent]) -> ApiResult<(Webhook, String)> {
    let config = &app.config.webhooks;
    let url = guard::check(config, url)?;
    let (id, secret) = (Uuid::now_v7(), rand::random::<[u8; 32]>());
    let mut tx = app.db.begin().await?;
    accounts::lock(&mut tx, account).await?;
    if queries::list(&mut *tx, account).await?.len() >= config.per_account as usize {
        let detail = format!("An account has at most {} webhooks. Delete one.", config.per_account);
        return Err(ApiError::conflict("too-many-webhooks", detail));
    }
    queries::insert(&mut tx, id, account, url.as_str(), events, &secret).await?;
    let made = queries::list(&mut *tx, account)
        .await?
        .into_iter()
        .find(|webhook| webhook.id == id);
    tx.commit().await?;
    Ok((made.ok_or(ApiError::NotFound("webhook"))?, signature::shown(&secret)))
}

/// Queues a delivery for each webhook of an account that wants the event.
pub async fn queue(
    app: &App,
    tx: &mut PgConnection,
    account: AccountId,
    (event_id, event): (Uuid, WebhookEvent),
    data: &Value,
) -> sqlx::Result<()> {
    let webhooks = queries::wanting(&mut *tx, account, event).await?;
    if webhooks.is_empty() {
        return Ok(());
    }
    let timestamp = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    let body = json!({ "type": event, "timestamp": timestamp, "data": data }).to_string();
    for webhook in webhooks {
        let delivery_id = Uuid::now_v7();
        if queries::insert_delivery(&mut *tx, delivery_id, webhook, (event_id, event), &body).await? {
            let job = Job::Webhook(WebhookJob { delivery_id });
            app.broker.send(&mut *tx, &[job.message()]).await?;
        }
    }
    Ok(())
}

/// Sends a delivery of an account again.
///
/// # Errors
/// Not found.
pub async fn replay(app: &App, account: AccountId, id: Uuid) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    if !queries::requeue(&mut tx, account, id).await? {
        return Err(ApiError::NotFound("delivery of an enabled webhook"));
    }
    let job = Job::Webhook(WebhookJob { delivery_id: id });
    app.broker.send(&mut tx, &[job.message()]).await?;
    Ok(tx.commit().await?)
}
