//! `/v1/webhooks`: the webhooks of an account and their deliveries.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tradepost_common::Page;
use tradepost_common::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Delivery, Webhook, WebhookEvent, queries, service};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Query};
use crate::pager::limit_or;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(delete))
        .routes(routes!(deliveries))
        .routes(routes!(replay))
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateWebhook {
    /// `https://` and a public host.
    #[schema(min_length = 1, max_length = 500, pattern = "^[!-~]+$")]
    url: String,
    #[schema(min_items = 1, max_items = 9)]
    events: Vec<WebhookEvent>,
}

/// A webhook with its secret, which is shown only here.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    #[schema(max_length = 50)]
    secret: String,
}

/// All webhooks of an account.
#[derive(Debug, Serialize, ToSchema)]
struct Webhooks {
    #[schema(max_items = 1000)]
    rows: Vec<Webhook>,
}

/// Make a webhook
///
/// Events are posted in the format of Standard Webhooks, signed with the secret. `409 too-many-webhooks`; `422 unusable-url`.
#[utoipa::path(post, path = "/v1/webhooks", operation_id = "create_webhook", tag = "webhooks", request_body = CreateWebhook, security(("bearer" = [])),
    responses((status = 201, body = CreatedWebhook), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    JsonBody(body): JsonBody<CreateWebhook>,
) -> ApiResult<(StatusCode, Json<CreatedWebhook>)> {
    ApiError::unless_all([
        (
            "events",
            (1..=9).contains(&body.events.len()),
            "must name 1 to 9 events",
        ),
        (
            "url",
            (1..=500).contains(&body.url.chars().count()),
            "must be 1 to 500 characters",
        ),
    ])?;
    let events: Vec<_> = body.events.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let (webhook, secret) = service::create(&app, account.id, &body.url, &events).await?;
    Ok((StatusCode::CREATED, Json(CreatedWebhook { webhook, secret })))
}

/// Your webhooks, newest first
#[utoipa::path(get, path = "/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", security(("bearer" = [])),
    responses((status = 200, body = Webhooks), (status = 401, body = Problem)))]
async fn list(State(app): State<SharedApp>, Bearer(account): Bearer) -> ApiResult<Json<Webhooks>> {
    let rows = queries::list(&app.db, account.id).await?;
    Ok(Json(Webhooks { rows }))
}

/// Delete a webhook of yours
#[utoipa::path(delete, path = "/v1/webhooks/{id}", operation_id = "delete_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Of the webhook")), security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn delete(State(app): State<SharedApp>, Bearer(account): Bearer, Path(id): Path<Uuid>) -> ApiResult<StatusCode> {
    match queries::delete(&app.db, account.id, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::NotFound("webhook")),
    }
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
struct Deliveries {
    #[schema(max_items = 200)]
    rows: Vec<Delivery>,
    /// `cursor` of the next page.
    #[schema(max_length = 36)]
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Deliveries of a webhook of yours, newest first
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", operation_id = "list_deliveries", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Of the webhook"), ListQuery), security(("bearer" = [])),
    responses((status = 200, body = Deliveries), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn deliveries(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Deliveries>> {
    let limit = limit_or(query.limit, 50)?;
    if !queries::list(&app.db, account.id)
        .await?
        .iter()
        .any(|webhook| webhook.id == id)
    {
        return Err(ApiError::NotFound("webhook"));
    }
    let rows = queries::deliveries(&app.db, account.id, id, query.cursor, limit.into()).await?;
    let Page { rows, next, .. } = Page::from_rows(rows, limit, |row| row.id);
    Ok(Json(Deliveries { rows, next }))
}

/// Send a delivery of yours again
///
/// With the same `webhook-id`, a new time and a new signature.
#[utoipa::path(post, path = "/v1/webhooks/deliveries/{id}/replay", operation_id = "replay_delivery", tag = "webhooks",
    params(("id" = Uuid, Path, description = "Of the delivery")), security(("bearer" = [])),
    responses((status = 202), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn replay(State(app): State<SharedApp>, Bearer(account): Bearer, Path(id): Path<Uuid>) -> ApiResult<StatusCode> {
    service::replay(&app, account.id, id).await?;
    Ok(StatusCode::ACCEPTED)
}
