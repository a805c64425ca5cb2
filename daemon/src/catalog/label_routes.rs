//! `GET /v1/categories`, `/v1/labels`: the tree of categories, for everybody; labels, for the contributors of what has them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tradepost_common::catalog::{Category, Labels};
use tradepost_common::problem::Problem;
use tradepost_common::sales::{Product, ProductKind};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{categories, labels};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_categories))
        .routes(routes!(get_labels, put_labels))
}

/// The categories.
#[derive(Debug, Serialize, ToSchema)]
struct Categories {
    /// Each before those below it.
    #[schema(max_items = 500)]
    categories: Vec<Category>,
}

/// The tree of categories
#[utoipa::path(get, path = "/v1/categories", tag = "catalogue", responses((status = 200, body = Categories)))]
async fn list_categories(State(app): State<SharedApp>) -> ApiResult<Json<Categories>> {
    let categories = categories::list(&app.db).await?;
    Ok(Json(Categories { categories }))
}

/// Category, tags and styles of a family, a set or an item of yours
///
/// Without those of what it is a part of.
#[utoipa::path(get, path = "/v1/labels/{kind}/{id}", operation_id = "get_labels", tag = "catalogue", security(("bearer" = [])),
    params(("kind" = ProductKind, Path, description = "Of the product"), ("id" = Uuid, Path, description = "Of the product")),
    responses((status = 200, body = Labels), (status = 404, body = Problem)))]
async fn get_labels(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
) -> ApiResult<Json<Labels>> {
    Ok(Json(labels::own(&app, &owner, Product { kind, id }).await?))
}

/// Replace category, tags and styles of a family, a set or an item of yours
///
/// They hold for its parts, too, at once in lists and soon in the search. `422 no-such-category`.
#[utoipa::path(put, path = "/v1/labels/{kind}/{id}", operation_id = "put_labels", tag = "catalogue", request_body = Labels, security(("bearer" = [])),
    params(("kind" = ProductKind, Path, description = "Of the product"), ("id" = Uuid, Path, description = "Of the product")),
    responses((status = 200, body = Labels), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn put_labels(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
    JsonBody(body): JsonBody<Labels>,
) -> ApiResult<Json<Labels>> {
    Ok(Json(
        labels::replace_own(&app, &owner, Product { kind, id }, body).await?,
    ))
}
