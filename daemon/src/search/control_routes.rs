//! The control socket's verbs for the search index: every role may look, operators rebuild.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::search::{SearchDifferences, SearchStatus};

use super::service;
use crate::app::SharedApp;
use crate::audit;
use crate::error::ApiResult;
use crate::extractors::Peer;
use tradepost_common::audit::AuditAct;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/search", get(status))
        .route("/v1/search/differences", get(differences))
        .route("/v1/search/rebuild", post(rebuild))
}

async fn status(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<SearchStatus>> {
    Ok(Json(service::status(&app).await?))
}

async fn differences(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<SearchDifferences>> {
    Ok(Json(service::verify(&app).await?))
}

async fn rebuild(peer: Peer, State(app): State<SharedApp>) -> ApiResult<StatusCode> {
    let mut tx = app.db.begin().await?;
    audit::record(
        &mut tx,
        &peer.actor,
        AuditAct::SearchRebuild,
        "search",
        serde_json::json!({}),
    )
    .await?;
    tx.commit().await?;
    app.search.rebuild.notify_one();
    Ok(StatusCode::ACCEPTED)
}
