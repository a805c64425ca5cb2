//! The control socket's verbs for operations: every role may look, operators act.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{NewOperation, Operation, OperationItem, SetRate};
use tradepost_common::overview::Role;

use super::service::{self, Verb};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::limit;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/operations", get(list).post(plan))
        .route("/v1/operations/{id}", get(one))
        .route("/v1/operations/{id}/items", get(items))
        .route("/v1/operations/{id}/start", post(start))
        .route("/v1/operations/{id}/pause", post(pause))
        .route("/v1/operations/{id}/resume", post(resume))
        .route("/v1/operations/{id}/cancel", post(cancel))
        .route("/v1/operations/{id}/rate", post(rate))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<OperationId>,
    limit: Option<u32>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Operation>>> {
    Ok(Json(service::list(&app.db, query.cursor, limit(query.limit)?).await?))
}

async fn plan(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(new): JsonBody<NewOperation>,
) -> ApiResult<(StatusCode, Json<Operation>)> {
    peer.require(Role::Operator)?;
    let planned = service::plan(&app, &peer.actor, &new).await?;
    Ok((StatusCode::ACCEPTED, Json(planned)))
}

async fn one(_: Peer, State(app): State<SharedApp>, Path(id): Path<OperationId>) -> ApiResult<Json<Operation>> {
    Ok(Json(service::find(&app.db, id).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemsQuery {
    state: Option<String>,
    cursor: Option<MessageId>,
    limit: Option<u32>,
}

async fn items(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OperationId>,
    Query(query): Query<ItemsQuery>,
) -> ApiResult<Json<Page<OperationItem>>> {
    let state = query
        .state
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: String| ApiError::invalid("state", error))?;
    Ok(Json(
        service::items(&app.db, id, state, query.cursor, limit(query.limit)?).await?,
    ))
}

async fn start(peer: Peer, State(app): State<SharedApp>, Path(id): Path<OperationId>) -> ApiResult<Json<Operation>> {
    act(&app, &peer, id, Verb::Start).await
}

async fn pause(peer: Peer, State(app): State<SharedApp>, Path(id): Path<OperationId>) -> ApiResult<Json<Operation>> {
    act(&app, &peer, id, Verb::Pause).await
}

async fn resume(peer: Peer, State(app): State<SharedApp>, Path(id): Path<OperationId>) -> ApiResult<Json<Operation>> {
    act(&app, &peer, id, Verb::Resume).await
}

async fn cancel(peer: Peer, State(app): State<SharedApp>, Path(id): Path<OperationId>) -> ApiResult<Json<Operation>> {
    act(&app, &peer, id, Verb::Cancel).await
}

async fn act(app: &SharedApp, peer: &Peer, id: OperationId, verb: Verb) -> ApiResult<Json<Operation>> {
    peer.require(Role::Operator)?;
    Ok(Json(service::act(app, &peer.actor, id, verb).await?))
}

async fn rate(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OperationId>,
    JsonBody(body): JsonBody<SetRate>,
) -> ApiResult<Json<Operation>> {
    peer.require(Role::Operator)?;
    Ok(Json(
        service::set_rate(&app, &peer.actor, id, body.rate_per_second).await?,
    ))
}
