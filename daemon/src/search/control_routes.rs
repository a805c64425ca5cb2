//! The control socket's verbs for the search index: every role may look, operators rebuild.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::search::{Explanation, FoundItem, SearchDifferences, SearchQueries, SearchStatus};
use uuid::Uuid;

use super::{export, service};
use crate::app::SharedApp;
use crate::audit;
use crate::error::ApiResult;
use crate::extractors::{Path, Peer, Query};
use crate::pager;
use tradepost_common::audit::AuditAct;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/search", get(status))
        .route("/v1/search/differences", get(differences))
        .route("/v1/search/rebuild", post(rebuild))
        .route("/v1/search/items", get(find))
        .route("/v1/search/items/{id}/explanation", get(explain))
        .route("/v1/search/queries", get(texts))
        .route("/v1/search/feed", get(feed))
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
    service::ask_for_rebuild(&app, &mut tx).await?;
    tx.commit().await?;
    app.search.rebuild.notify_one();
    Ok(StatusCode::ACCEPTED)
}

/// A text to search for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    q: String,
    limit: Option<u32>,
}

async fn find(_: Peer, State(app): State<SharedApp>, Query(asked): Query<Asked>) -> ApiResult<Json<Vec<FoundItem>>> {
    let limit = pager::limit(asked.limit)?;
    Ok(Json(service::find_scored(&app, asked.q, limit).await?))
}

async fn explain(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> ApiResult<Json<Explanation>> {
    Ok(Json(service::explain(&app, asked.q, id).await?))
}

async fn texts(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<SearchQueries>> {
    Ok(Json(service::texts(&app.db).await?))
}

/// A place in the feed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    since: Option<String>,
}

async fn feed(_: Peer, State(app): State<SharedApp>, Query(query): Query<Since>) -> ApiResult<Response> {
    let page = export::page(&app, query.since.as_deref()).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, page).into_response())
}
