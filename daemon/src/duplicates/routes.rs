//! `GET /v1/items/{id}/similar`, `POST /v1/search/picture`: items that look like one, or like a picture.

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, header};
use serde::Serialize;
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{picture, service};
use crate::app::SharedApp;
use crate::catalog::listing::Item;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, FileBody, Path};

const MAX_PICTURE_BYTES: usize = 4 << 20;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    let pictures = OpenApiRouter::new()
        .routes(routes!(search_by_picture))
        .layer(DefaultBodyLimit::max(MAX_PICTURE_BYTES));
    OpenApiRouter::new().routes(routes!(list_similar_items)).merge(pictures)
}

/// Items that look like one.
#[derive(Debug, Serialize, ToSchema)]
struct SimilarItems {
    /// The most alike first.
    #[schema(max_items = 50)]
    rows: Vec<SimilarItem>,
}

/// An item, and how much alike it is.
#[derive(Debug, Serialize, ToSchema)]
struct SimilarItem {
    #[serde(flatten)]
    item: Item,
    /// 100: the same outlines, or the same picture.
    #[schema(minimum = 0, maximum = 100)]
    similar_percent: i32,
}

/// Items that look like one
///
/// Published items with the same outlines, or whose pictures differ in at most 6 of 64 bits of a perceptual hash; at most 50.
#[utoipa::path(get, path = "/v1/items/{id}/similar", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the item")),
    responses((status = 200, body = SimilarItems), (status = 404, body = Problem)))]
async fn list_similar_items(State(app): State<SharedApp>, Path(id): Path<Uuid>) -> ApiResult<Json<SimilarItems>> {
    Ok(Json(service::similar(&app.db, id).await?.into()))
}

impl From<Vec<(Item, i32)>> for SimilarItems {
    fn from(rows: Vec<(Item, i32)>) -> Self {
        let rows = rows
            .into_iter()
            .map(|(item, similar_percent)| SimilarItem { item, similar_percent });
        Self { rows: rows.collect() }
    }
}

/// Search by a picture
///
/// Published items that look like a picture of at most 4 MiB, as for an item; at most 50. The picture is not kept. Thirty a minute for each
/// client address.
#[utoipa::path(post, path = "/v1/search/picture", tag = "catalogue",
    request_body(content(("image/png"), ("image/jpeg"), ("image/webp"), ("image/svg+xml"))),
    responses((status = 200, body = SimilarItems), (status = 413, body = Problem), (status = 415, body = Problem, description = "It is declared as something else"),
        (status = 422, body = Problem, description = "It is no such picture"), (status = 429, body = Problem),
        (status = 503, body = Problem)))]
async fn search_by_picture(
    State(app): State<SharedApp>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    FileBody(bytes): FileBody,
) -> ApiResult<Json<SimilarItems>> {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|media_type| media_type.to_str().ok());
    let extension = match media_type {
        Some("image/png") => "png",
        Some("image/jpeg") => "jpg",
        Some("image/webp") => "webp",
        Some("image/svg+xml") => "svg",
        _ => {
            return Err(ApiError::UnsupportedMediaType(
                "image/png, image/jpeg, image/webp or image/svg+xml",
            ));
        }
    };
    app.limits.pictures.take_from(address)?;
    let prints = picture::prints(&app, &bytes, extension).await?;
    Ok(Json(service::similar_to(&app.db, &prints).await?.into()))
}
