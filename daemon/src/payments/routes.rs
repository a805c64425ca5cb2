//! `POST /v1/payments/webhook`: the provider says that something may have changed.
//!
//! It is not in the OpenAPI document: only the provider calls it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use time::OffsetDateTime;

use super::queries;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, ProviderEventJob};
use crate::stripe::{self, Event, SignatureError};

/// Characters of an id.
const MAX_ID: usize = 255;

/// The path for the payment server.
pub const WEBHOOK: &str = "/v1/payments/webhook";

pub fn webhook_router() -> Router<SharedApp> {
    Router::new().route(WEBHOOK, post(receive))
}

/// Keeps a signed event once, with the message to look at its object. Nothing that it says is believed.
async fn receive(State(app): State<SharedApp>, headers: HeaderMap, body: Bytes) -> ApiResult<StatusCode> {
    let stripe = app.stripe.as_ref().ok_or(ApiError::NotFound("page"))?;
    let header = headers.get("stripe-signature").and_then(|header| header.to_str().ok());
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let verified = stripe::verify(stripe.webhook_secrets(), header.unwrap_or_default(), &body, now);
    verified.map_err(|error| match error {
        SignatureError::Malformed => ApiError::invalid("Stripe-Signature", error.to_string()),
        _ => ApiError::Forbidden(format!("{error}.")),
    })?;
    let event: Event =
        serde_json::from_slice(&body).map_err(|error| ApiError::invalid("body", format!("is no event: {error}")))?;
    let Event { id, kind, data } = event;
    if id.is_empty() || [&id, &kind, &data.object.id].iter().any(|text| text.len() > MAX_ID) {
        return Err(ApiError::invalid("body", "has an id that is too long"));
    }
    let object = data.object.object;
    let hint = match (object.as_str(), data.object.payment_intent) {
        ("payment_intent" | "refund" | "dispute", _) => Some((object.clone(), data.object.id.clone())),
        ("charge", Some(intent)) => Some(("payment_intent".to_owned(), intent)),
        _ => None,
    };
    let mut tx = app.db.begin().await?;
    let is_new = queries::insert_event(&mut tx, &id, &kind, &data.object.id).await?;
    if let Some((object, object_id)) = hint.filter(|_| is_new) {
        let job = ProviderEventJob {
            object,
            object_id,
            event_id: Some(id),
        };
        app.broker.send(&mut tx, &[Job::ProviderEvent(job).message()]).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
