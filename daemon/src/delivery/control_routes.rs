//! The control socket's verbs that know downloads: every role sees the story of an order and the evidence of a dispute, operators allow
//! downloads anew.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::ids::{DisputeId, OrderId};
use tradepost_common::orders::{OrderStory, ResetPurchases};

use super::{evidence, library};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{Path, Peer};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/orders/{id}/story", get(get_story))
        .route("/v1/orders/{id}/reset-downloads", post(reset_downloads))
        .route("/v1/disputes/{id}/evidence", get(get_evidence))
}

async fn get_story(_: Peer, State(app): State<SharedApp>, Path(id): Path<OrderId>) -> ApiResult<Json<OrderStory>> {
    Ok(Json(evidence::story(&app, id).await?))
}

async fn reset_downloads(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OrderId>,
) -> ApiResult<Json<ResetPurchases>> {
    let purchases = library::reset(&app, &peer.actor, id).await?;
    Ok(Json(ResetPurchases { purchases }))
}

async fn get_evidence(_: Peer, State(app): State<SharedApp>, Path(id): Path<DisputeId>) -> ApiResult<Response> {
    let evidence = evidence::of_dispute(&app, id).await?;
    let name = format!("attachment; filename=\"dispute-{id}.json\"");
    Ok(([(header::CONTENT_DISPOSITION, name)], Json(evidence)).into_response())
}
