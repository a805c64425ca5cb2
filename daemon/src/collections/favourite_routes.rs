//! `/v1/favourites`: items that the caller likes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tradepost_common::Page;
use tradepost_common::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::favourites;
use super::routes::PlaceQuery;
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::catalog::listing::Item;
use crate::error::ApiResult;
use crate::extractors::{Path, Query};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_favourites))
        .routes(routes!(put_favourite, delete_favourite))
}

/// Your favourites, the last added first
#[utoipa::path(get, path = "/v1/favourites", tag = "collections", params(PlaceQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<Item>), (status = 422, body = Problem)))]
async fn list_favourites(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Query(query): Query<PlaceQuery>,
) -> ApiResult<Json<Page<Item>>> {
    let (after, limit) = query.parse()?;
    let (rows, last) = favourites::list(&app, account.id, after, limit).await?;
    Ok(Json(PlaceQuery::page(rows, last)))
}

/// Add an item to your favourites
///
/// `409 too-many-favourites`.
#[utoipa::path(put, path = "/v1/favourites/{item}", tag = "collections", security(("bearer" = [])),
    params(("item" = Uuid, Path, description = "The item")),
    responses((status = 204, description = "It is one"), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn put_favourite(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(item): Path<Uuid>,
) -> ApiResult<StatusCode> {
    favourites::add(&app, account.id, item).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take an item off your favourites
#[utoipa::path(delete, path = "/v1/favourites/{item}", tag = "collections", security(("bearer" = [])),
    params(("item" = Uuid, Path, description = "The item")),
    responses((status = 204, description = "It is none"), (status = 404, body = Problem)))]
async fn delete_favourite(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(item): Path<Uuid>,
) -> ApiResult<StatusCode> {
    favourites::remove(&app, account.id, item).await?;
    Ok(StatusCode::NO_CONTENT)
}
