//! The control socket's verbs for payouts: operators only, as they show bank accounts.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::ids::PayoutBatchId;
use tradepost_common::payouts::{NewPayouts, PayoutBatch, PayoutBatchView, PayoutFile, PayoutFormat, SettlePayouts};

use super::{file, queries, service};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query, parse_param};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/payouts", get(list).post(request))
        .route("/v1/payouts/{id}", get(get_one))
        .route("/v1/payouts/{id}/file", get(get_file))
        .route("/v1/payouts/{id}/sent", post(send))
        .route("/v1/payouts/{id}/settle", post(settle))
}

async fn list(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Vec<PayoutBatch>>> {
    Ok(Json(queries::batches(&app.db, None).await?))
}

async fn request(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<NewPayouts>,
) -> ApiResult<Json<PayoutBatchView>> {
    Ok(Json(service::request(&app, &peer.actor, &body).await?))
}

async fn get_one(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<PayoutBatchId>,
) -> ApiResult<Json<PayoutBatchView>> {
    let mut connection = app.db.acquire().await?;
    Ok(Json(service::view(&mut connection, id).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileQuery {
    /// `pain` when not given.
    format: Option<String>,
}

async fn get_file(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<PayoutBatchId>,
    Query(query): Query<FileQuery>,
) -> ApiResult<Json<PayoutFile>> {
    let format = parse_param("format", query.format.as_deref())?;
    let mut connection = app.db.acquire().await?;
    let view = service::view(&mut connection, id).await?;
    let file = file::write(&app.config.payouts, &view, format.unwrap_or(PayoutFormat::Pain))?;
    Ok(Json(file))
}

async fn send(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<PayoutBatchId>,
) -> ApiResult<Json<PayoutBatchView>> {
    Ok(Json(service::send(&app, &peer.actor, id).await?))
}

async fn settle(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<PayoutBatchId>,
    JsonBody(body): JsonBody<SettlePayouts>,
) -> ApiResult<Json<PayoutBatchView>> {
    Ok(Json(service::settle(&app, &peer.actor, id, &body).await?))
}
