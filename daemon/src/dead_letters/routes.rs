//! The control socket's verbs for dead letters: every role may look. Every act on them is an operation.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::dead::{DeadDetail, DeadGroups, DeadPage, Edit, EditCheck};
use tradepost_common::ids::{MessageId, UploadId};
use tradepost_common::operations::Selection;

use super::service;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::limit;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/dead", get(list))
        .route("/v1/dead/groups", get(groups))
        .route("/v1/dead/{id}", get(one))
        .route("/v1/dead/{id}/check", post(check))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadGroupsQuery {
    queue: Option<String>,
    text: Option<String>,
}

async fn groups(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<DeadGroupsQuery>,
) -> ApiResult<Json<DeadGroups>> {
    let text = text(query.text)?;
    Ok(Json(
        service::groups(&app.db, query.queue.as_deref(), text.as_deref()).await?,
    ))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadLettersQuery {
    queue: Option<String>,
    fingerprint: Option<String>,
    text: Option<String>,
    upload: Option<UploadId>,
    redriven: Option<bool>,
    cursor: Option<i64>,
    limit: Option<u32>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<DeadLettersQuery>,
) -> ApiResult<Json<DeadPage>> {
    let selection = Selection {
        queue: query.queue,
        fingerprint: query.fingerprint,
        text: text(query.text)?,
        upload: query.upload,
        redriven: query.redriven,
        ids: None,
    };
    let limit = limit(query.limit)?;
    Ok(Json(service::list(&app.db, &selection, query.cursor, limit).await?))
}

fn text(text: Option<String>) -> ApiResult<Option<String>> {
    match text {
        Some(text) if text.len() > 200 => Err(ApiError::invalid("text", "must have at most 200 bytes")),
        Some(text) if text.is_empty() => Ok(None),
        text => Ok(text),
    }
}

async fn one(_: Peer, State(app): State<SharedApp>, Path(id): Path<MessageId>) -> ApiResult<Json<DeadDetail>> {
    Ok(Json(service::detail(&app, id).await?))
}

async fn check(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<MessageId>,
    JsonBody(body): JsonBody<Edit>,
) -> ApiResult<Json<EditCheck>> {
    Ok(Json(service::check(&app, id, &body).await?))
}
