//! Routes of the control socket for operations: every role may look, operators act. Each kind has a route of its own that plans it.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{Operation, OperationItem, SetRate};

use super::OperationRow;
use super::kind::Kinds;
use super::service::{self, Verb};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::{SearchQuery, limit};

/// The routes of `/v1/operations` for some kinds.
pub fn control_router(kinds: Kinds) -> Router<SharedApp> {
    let verbs = Verb::ALL.into_iter().fold(Router::new(), |router, verb| {
        let path = format!("/v1/operations/{{id}}/{verb}");
        router.route(
            &path,
            post(move |peer: Peer, app, kinds, id: Path<OperationId>| act(peer, app, kinds, id, verb)),
        )
    });
    verbs
        .route("/v1/operations", get(list))
        .route("/v1/operations/{id}", get(one))
        .route("/v1/operations/{id}/items", get(items))
        .route("/v1/operations/{id}/rate", post(rate))
        .layer(Extension(kinds))
}

/// An operation as these routes answer it.
pub fn answer(row: OperationRow) -> ApiResult<Json<Operation>> {
    let operation = service::to_operation(row).ok_or(ApiError::NotFound("operation"))?;
    Ok(Json(operation))
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Extension(kinds): Extension<Kinds>,
    Query(query): Query<SearchQuery>,
) -> ApiResult<Json<Page<Operation>>> {
    let texts = query.texts();
    let place = query.place()?;
    let mut page = service::search(&app.db, kinds, &texts, &place, limit(query.limit)?).await?;
    if place.after.is_none() {
        page.total = Some(service::count(&app.db, kinds, &texts).await?);
    }
    Ok(Json(page.map(|rows| {
        rows.into_iter().filter_map(service::to_operation).collect()
    })))
}

async fn one(
    _: Peer,
    State(app): State<SharedApp>,
    Extension(kinds): Extension<Kinds>,
    Path(id): Path<OperationId>,
) -> ApiResult<Json<Operation>> {
    answer(service::find(&app.db, kinds, id).await?)
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
    Extension(kinds): Extension<Kinds>,
    Path(id): Path<OperationId>,
    Query(query): Query<ItemsQuery>,
) -> ApiResult<Json<Page<OperationItem>>> {
    let state = query.state.as_deref().map(str::parse).transpose();
    let state = state.map_err(|error| ApiError::invalid("state", format!("{error}")))?;
    let limit = limit(query.limit)?;
    Ok(Json(
        service::list_items(&app.db, kinds, id, state, query.cursor, limit).await?,
    ))
}

async fn act(
    peer: Peer,
    State(app): State<SharedApp>,
    Extension(kinds): Extension<Kinds>,
    Path(id): Path<OperationId>,
    verb: Verb,
) -> ApiResult<Json<Operation>> {
    answer(service::act(&app, kinds, &peer.actor, id, verb).await?)
}

async fn rate(
    peer: Peer,
    State(app): State<SharedApp>,
    Extension(kinds): Extension<Kinds>,
    Path(id): Path<OperationId>,
    JsonBody(body): JsonBody<SetRate>,
) -> ApiResult<Json<Operation>> {
    if !body.rate_per_second.is_some_and(service::is_rate) {
        return Err(ApiError::invalid(
            "pace.rate_per_second",
            "must be between 1 and 100,000",
        ));
    }
    answer(service::set_rate(&app, kinds, &peer.actor, id, body.rate_per_second).await?)
}
