//! The control socket's verbs for machines: every role may look, operators drain and resume.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::machines::{Machine, TurnMachine};

use super::{queries, service};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/machines", get(list))
        .route("/v1/machines/{name}/drain", post(drain))
        .route("/v1/machines/{name}/resume", post(resume))
}

async fn list(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Vec<Machine>>> {
    Ok(Json(queries::list(&app.db).await?))
}

async fn drain(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<TurnMachine>,
) -> ApiResult<Json<Machine>> {
    Ok(Json(service::drain(&app, &peer.actor, &name, &body.reason).await?))
}

async fn resume(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<TurnMachine>,
) -> ApiResult<Json<Machine>> {
    Ok(Json(service::resume(&app, &peer.actor, &name, &body.reason).await?))
}
