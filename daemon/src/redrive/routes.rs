//! Routes of the control socket that make operations on dead letters; the routes of every operation do the rest.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tradepost_common::dead::Edit;
use tradepost_common::ids::MessageId;
use tradepost_common::operations::{NewOperation, Operation};

use super::{edit, plan};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer};
use crate::operations::routes::answer;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/operations", post(make_plan))
        .route("/v1/dead/{id}/edit", post(send_edited))
}

async fn make_plan(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(new): JsonBody<NewOperation>,
) -> ApiResult<(StatusCode, Json<Operation>)> {
    Ok((
        StatusCode::ACCEPTED,
        answer(plan::make(&app, &peer.actor, &new).await?)?,
    ))
}

async fn send_edited(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<MessageId>,
    JsonBody(body): JsonBody<Edit>,
) -> ApiResult<(StatusCode, Json<Operation>)> {
    Ok((
        StatusCode::ACCEPTED,
        answer(edit::send(&app, &peer.actor, id, &body).await?)?,
    ))
}
