//! `/v1/collections`: lists of items that accounts put together.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::problem::Problem;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Place;
use super::service::{self, Collection, PutCollection};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::catalog::listing::Item;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Query};
use crate::pager::{self, Cursor};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_collections, create_collection))
        .routes(routes!(get_collection, put_collection, delete_collection))
        .routes(routes!(list_collection_items))
        .routes(routes!(put_collection_item, delete_collection_item))
}

/// A page of a list that is in the order in which its items were added.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PlaceQuery {
    /// `next` of the page before.
    #[param(
        pattern = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,16}$",
        max_length = 60
    )]
    cursor: Option<String>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl PlaceQuery {
    /// # Errors
    /// Invalid.
    pub fn parse(&self) -> ApiResult<(Option<Place>, u32)> {
        let limit = pager::limit_or(self.limit, 50)?;
        let place = |text: &str| {
            let cursor = Cursor::<Uuid>::parse(text)?;
            let micros: i128 = cursor.key?.parse().ok()?;
            let at = OffsetDateTime::from_unix_timestamp_nanos(micros.checked_mul(1_000)?).ok()?;
            Some((at, cursor.id))
        };
        let after = match self.cursor.as_deref() {
            None => None,
            Some(text) => Some(place(text).ok_or_else(|| {
                ApiError::unprocessable("no-cursor", "The cursor is not the `next` of a page of this list.")
            })?),
        };
        Ok((after, limit))
    }

    /// The page of rows that ends at a place.
    pub fn page<T>(rows: Vec<T>, last: Option<Place>) -> Page<T> {
        let cursor = last.map(|(at, id)| Cursor {
            id,
            key: Some((at.unix_timestamp_nanos() / 1_000).to_string()),
        });
        Page::new(rows, cursor.map(|cursor| cursor.to_string()))
    }
}

/// A page of collections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Your collections, newest first
#[utoipa::path(get, path = "/v1/collections", tag = "collections", params(ListQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<Collection>)))]
async fn list_collections(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Collection>>> {
    let limit = pager::limit_or(query.limit, 50)?;
    let rows = service::list(&app, owner.id, query.cursor, limit).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| row.id)))
}

/// Make a collection
///
/// `409 too-many-collections`.
#[utoipa::path(post, path = "/v1/collections", tag = "collections", request_body = PutCollection, security(("bearer" = [])),
    responses((status = 201, body = Collection), (status = 409, body = Problem)))]
async fn create_collection(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    JsonBody(body): JsonBody<PutCollection>,
) -> ApiResult<Response> {
    let made = service::make(&app, &owner, &body).await?;
    let location = format!("/v1/collections/{}", made.id);
    Ok((StatusCode::CREATED, [("location", location)], Json(made)).into_response())
}

/// A public collection, or one of yours
#[utoipa::path(get, path = "/v1/collections/{id}", tag = "collections", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the collection")),
    responses((status = 200, body = Collection), (status = 404, body = Problem)))]
async fn get_collection(
    State(app): State<SharedApp>,
    reader: Option<Bearer>,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<Collection>> {
    let reader = reader.map(|Bearer(account)| account);
    Ok(Json(service::get(&app, reader.as_ref(), id).await?))
}

/// Change name, description and visibility of a collection of yours
#[utoipa::path(put, path = "/v1/collections/{id}", tag = "collections", request_body = PutCollection, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the collection")),
    responses((status = 200, body = Collection), (status = 404, body = Problem)))]
async fn put_collection(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path(id): Path<Uuid>,
    JsonBody(body): JsonBody<PutCollection>,
) -> ApiResult<Json<Collection>> {
    Ok(Json(service::replace(&app, &owner, id, &body).await?))
}

/// Delete a collection of yours
#[utoipa::path(delete, path = "/v1/collections/{id}", tag = "collections", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the collection")),
    responses((status = 204, description = "Deleted"), (status = 404, body = Problem)))]
async fn delete_collection(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    service::delete(&app, owner.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Items of a public collection, or of one of yours, the last added first
#[utoipa::path(get, path = "/v1/collections/{id}/items", tag = "collections", security((), ("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the collection"), PlaceQuery),
    responses((status = 200, body = Page<Item>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_collection_items(
    State(app): State<SharedApp>,
    reader: Option<Bearer>,
    Path(id): Path<Uuid>,
    Query(query): Query<PlaceQuery>,
) -> ApiResult<Json<Page<Item>>> {
    let (after, limit) = query.parse()?;
    let reader = reader.map(|Bearer(account)| account);
    let (rows, last) = service::items(&app, reader.as_ref(), id, after, limit).await?;
    Ok(Json(PlaceQuery::page(rows, last)))
}

/// Add an item to a collection of yours
///
/// `409 collection-full`.
#[utoipa::path(put, path = "/v1/collections/{id}/items/{item}", tag = "collections", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the collection"), ("item" = Uuid, Path, description = "The item")),
    responses((status = 204, description = "It is in it"), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn put_collection_item(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path((id, item)): Path<(Uuid, Uuid)>,
) -> ApiResult<StatusCode> {
    service::add_item(&app, owner.id, id, item).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take an item out of a collection of yours
#[utoipa::path(delete, path = "/v1/collections/{id}/items/{item}", tag = "collections", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the collection"), ("item" = Uuid, Path, description = "The item")),
    responses((status = 204, description = "It is not in it"), (status = 404, body = Problem)))]
async fn delete_collection_item(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path((id, item)): Path<(Uuid, Uuid)>,
) -> ApiResult<StatusCode> {
    service::remove_item(&app, owner.id, id, item).await?;
    Ok(StatusCode::NO_CONTENT)
}
