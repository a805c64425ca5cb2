//! Routes of the control socket for campaigns: every role may look, operators act.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::Page;
use tradepost_common::campaigns::{Campaign, Failure, NewCampaign, Sample, Side};
use tradepost_common::ids::{ItemId, OperationId};
use tradepost_common::operations::SetRate;

use super::verbs::{self, CampaignVerb};
use super::{KINDS, check, plan, service};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::operations::service as operations;
use crate::pager::{PageQuery, limit};

pub fn control_router() -> Router<SharedApp> {
    let verbs = CampaignVerb::ALL.into_iter();
    verbs
        .fold(Router::new(), |router, verb| {
            let path = format!("/v1/campaigns/{{id}}/{verb}");
            router.route(
                &path,
                post(move |peer: Peer, app: State<SharedApp>, id: Path<OperationId>| act(peer, app, id, verb)),
            )
        })
        .route("/v1/campaigns", get(list).post(make_plan))
        .route("/v1/campaigns/{id}", get(one))
        .route("/v1/campaigns/{id}/samples", get(samples))
        .route("/v1/campaigns/{id}/samples/{item}/{preset}/{side}", get(picture))
        .route("/v1/campaigns/{id}/failures", get(failures))
        .route("/v1/campaigns/{id}/rate", post(rate))
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<PageQuery<OperationId>>,
) -> ApiResult<Json<Page<Campaign>>> {
    Ok(Json(service::list(&app, query.cursor, limit(query.limit)?).await?))
}

async fn make_plan(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(new): JsonBody<NewCampaign>,
) -> ApiResult<(StatusCode, Json<Campaign>)> {
    let id = plan::make(&app, &peer.actor, &new).await?;
    Ok((StatusCode::ACCEPTED, Json(service::find(&app, id).await?)))
}

async fn one(_: Peer, State(app): State<SharedApp>, Path(id): Path<OperationId>) -> ApiResult<Json<Campaign>> {
    Ok(Json(service::find(&app, id).await?))
}

async fn samples(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OperationId>,
    Query(query): Query<PageQuery<u32>>,
) -> ApiResult<Json<Page<Sample>>> {
    let skip = query.cursor.unwrap_or(0);
    Ok(Json(service::list_samples(&app, id, skip, limit(query.limit)?).await?))
}

async fn failures(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OperationId>,
    Query(query): Query<PageQuery<i32>>,
) -> ApiResult<Json<Page<Failure>>> {
    let after = query.cursor.unwrap_or(-1);
    Ok(Json(
        service::list_failures(&app, id, after, limit(query.limit)?).await?,
    ))
}

/// A picture of the canary; it is of published items, or of items that a moderator looks at anyway.
async fn picture(
    _: Peer,
    State(app): State<SharedApp>,
    Path((id, item, preset, side)): Path<(OperationId, ItemId, String, Side)>,
) -> ApiResult<Response> {
    let (bytes, format) = service::picture(&app, id, item, &preset, side).await?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

async fn act(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OperationId>,
    verb: CampaignVerb,
) -> ApiResult<Json<Campaign>> {
    Ok(Json(verbs::act(&app, &peer.actor, id, verb).await?))
}

async fn rate(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OperationId>,
    JsonBody(body): JsonBody<SetRate>,
) -> ApiResult<Json<Campaign>> {
    if !check::is_rate(body.rate_per_second) {
        return Err(ApiError::invalid("rate_per_second", check::BAD_RATE));
    }
    operations::set_rate(&app, KINDS, &peer.actor, id, body.rate_per_second).await?;
    Ok(Json(service::find(&app, id).await?))
}
