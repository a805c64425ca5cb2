//! `GET /v1/items/{id}/similar`: items that look like one.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::service;
use crate::app::SharedApp;
use crate::catalog::listing::Item;
use crate::error::ApiResult;
use crate::extractors::Path;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list_similar_items))
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
    let rows = service::similar(&app.db, id).await?;
    let rows = rows
        .into_iter()
        .map(|(item, similar_percent)| SimilarItem { item, similar_percent });
    Ok(Json(SimilarItems { rows: rows.collect() }))
}
