//! The control socket's verbs for campaigns: every role may look, operators act.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::campaigns::{Campaign, Failure, NewCampaign, Sample, SetRate, Side};
use tradepost_common::ids::{CampaignId, ItemId};
use tradepost_common::overview::Role;

use super::service;
use super::verbs::{self, Verb};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::limit;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/campaigns", get(list).post(plan))
        .route("/v1/campaigns/{id}", get(one))
        .route("/v1/campaigns/{id}/samples", get(samples))
        .route("/v1/campaigns/{id}/samples/{item}/{preset}/{side}", get(picture))
        .route("/v1/campaigns/{id}/failures", get(failures))
        .route("/v1/campaigns/{id}/start", post(start))
        .route("/v1/campaigns/{id}/pause", post(pause))
        .route("/v1/campaigns/{id}/resume", post(resume))
        .route("/v1/campaigns/{id}/abort", post(abort))
        .route("/v1/campaigns/{id}/swap", post(swap))
        .route("/v1/campaigns/{id}/rollback", post(rollback))
        .route("/v1/campaigns/{id}/collect", post(collect))
        .route("/v1/campaigns/{id}/rate", post(rate))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery<T> {
    cursor: Option<T>,
    limit: Option<u32>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<PageQuery<CampaignId>>,
) -> ApiResult<Json<Page<Campaign>>> {
    Ok(Json(service::list(&app, query.cursor, limit(query.limit)?).await?))
}

async fn plan(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(new): JsonBody<NewCampaign>,
) -> ApiResult<(StatusCode, Json<Campaign>)> {
    peer.require(Role::Operator)?;
    let planned = service::plan(&app, &peer.actor, &new).await?;
    Ok((StatusCode::ACCEPTED, Json(planned)))
}

async fn one(_: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    Ok(Json(service::find(&app, id).await?))
}

async fn samples(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CampaignId>,
    Query(query): Query<PageQuery<u32>>,
) -> ApiResult<Json<Page<Sample>>> {
    let skip = query.cursor.unwrap_or(0);
    Ok(Json(service::list_samples(&app, id, skip, limit(query.limit)?).await?))
}

async fn failures(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CampaignId>,
    Query(query): Query<PageQuery<i32>>,
) -> ApiResult<Json<Page<Failure>>> {
    let after = query.cursor.unwrap_or(-1);
    Ok(Json(
        service::list_failures(&app, id, after, limit(query.limit)?).await?,
    ))
}

/// What a canary draws is of published items, or of items that a moderator looks at anyway.
async fn picture(
    _: Peer,
    State(app): State<SharedApp>,
    Path((id, item, preset, side)): Path<(CampaignId, ItemId, String, Side)>,
) -> ApiResult<Response> {
    let (bytes, format) = service::picture(&app, id, item, &preset, side).await?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

async fn start(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Start).await
}

async fn pause(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Pause).await
}

async fn resume(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Resume).await
}

async fn abort(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Abort).await
}

async fn swap(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Swap).await
}

async fn rollback(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Rollback).await
}

async fn collect(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CampaignId>) -> ApiResult<Json<Campaign>> {
    act(&app, &peer, id, Verb::Collect).await
}

async fn act(app: &SharedApp, peer: &Peer, id: CampaignId, verb: Verb) -> ApiResult<Json<Campaign>> {
    peer.require(Role::Operator)?;
    Ok(Json(verbs::act(app, &peer.actor, id, verb).await?))
}

async fn rate(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CampaignId>,
    JsonBody(body): JsonBody<SetRate>,
) -> ApiResult<Json<Campaign>> {
    peer.require(Role::Operator)?;
    Ok(Json(
        service::set_rate(&app, &peer.actor, id, body.rate_per_second).await?,
    ))
}
