//! `GET /v1/families`, `/v1/sets`, `/v1/items`: the published catalogue, for everybody.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tradepost_common::Page;
use tradepost_common::catalog::Kind;
use tradepost_common::problem::Problem;
use tradepost_common::text::Text;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::delisting::{self, ListedKind, Listing};
use super::listing::{self, CatalogFilter, Family, Item, Picture, Set};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Query, parse_param};
use crate::pager;

/// Rows of a page when the request does not say.
const DEFAULT_LIMIT: u32 = 50;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_families))
        .routes(routes!(get_family))
        .routes(routes!(list_sets))
        .routes(routes!(get_set))
        .routes(routes!(list_items))
        .routes(routes!(get_item))
        .routes(routes!(set_listing))
}

/// Filter of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only this kind.
    #[param(value_type = Option<Kind>)]
    kind: Option<String>,
    /// The name of the contributor's account.
    #[param(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 63)]
    contributor: Option<String>,
    /// One tag, lower case.
    #[param(inline)]
    tag: Option<Text<40>>,
    /// Only of this family.
    family_id: Option<Uuid>,
    /// Only of this set.
    set_id: Option<Uuid>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl ListQuery {
    fn parse(self) -> ApiResult<(CatalogFilter, u32)> {
        let limit = pager::limit_or(self.limit, DEFAULT_LIMIT)?;
        let filter = CatalogFilter {
            kind: parse_param("kind", self.kind.as_deref())?,
            contributor: parse_param("contributor", self.contributor.as_deref())?,
            tag: self.tag.map(String::from),
            family_id: self.family_id,
            set_id: self.set_id,
            before: self.cursor,
        };
        Ok((filter, limit))
    }
}

/// Families that have something published, newest first
#[utoipa::path(get, path = "/v1/families", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = Page<Family>), (status = 400, body = Problem)))]
async fn list_families(State(app): State<SharedApp>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Family>>> {
    let (filter, limit) = query.parse()?;
    let rows = listing::families(&app.db, &filter, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |family| family.id)))
}

/// One family
#[utoipa::path(get, path = "/v1/families/{id}", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the family")),
    responses((status = 200, body = Family), (status = 404, body = Problem)))]
async fn get_family(State(app): State<SharedApp>, Path(id): Path<Uuid>) -> ApiResult<Json<Family>> {
    let filter = CatalogFilter {
        family_id: Some(id),
        ..CatalogFilter::default()
    };
    let family = listing::families(&app.db, &filter, 1).await?.pop();
    family.map(Json).ok_or(ApiError::NotFound("family"))
}

/// Published sets, newest first
#[utoipa::path(get, path = "/v1/sets", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = Page<Set>), (status = 400, body = Problem)))]
async fn list_sets(State(app): State<SharedApp>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Set>>> {
    let (filter, limit) = query.parse()?;
    let rows = listing::sets(&app.db, &filter, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |set| set.id)))
}

/// One set
#[utoipa::path(get, path = "/v1/sets/{id}", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the set")),
    responses((status = 200, body = Set), (status = 404, body = Problem)))]
async fn get_set(State(app): State<SharedApp>, Path(id): Path<Uuid>) -> ApiResult<Json<Set>> {
    let filter = CatalogFilter {
        set_id: Some(id),
        ..CatalogFilter::default()
    };
    let set = listing::sets(&app.db, &filter, 1).await?.pop();
    set.map(Json).ok_or(ApiError::NotFound("set"))
}

/// Published items, newest first
#[utoipa::path(get, path = "/v1/items", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = Page<Item>), (status = 400, body = Problem)))]
async fn list_items(State(app): State<SharedApp>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Item>>> {
    let (filter, limit) = query.parse()?;
    let rows = listing::items(&app.db, &filter, None, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |item| item.id)))
}

/// An item and its pictures.
#[derive(Debug, Serialize, ToSchema)]
struct ItemDetail {
    #[serde(flatten)]
    item: Item,
    #[schema(max_items = 100)]
    renditions: Vec<Picture>,
}

/// One item with its renditions
#[utoipa::path(get, path = "/v1/items/{id}", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the item")),
    responses((status = 200, body = ItemDetail), (status = 404, body = Problem)))]
async fn get_item(State(app): State<SharedApp>, Path(id): Path<Uuid>) -> ApiResult<Json<ItemDetail>> {
    let item = listing::items(&app.db, &CatalogFilter::default(), Some(id), 1)
        .await?
        .pop();
    let item = item.ok_or(ApiError::NotFound("item"))?;
    Ok(Json(ItemDetail {
        renditions: listing::renditions(&app.db, id).await?,
        item,
    }))
}

/// Listed or delisted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ListingBody {
    listing: Listing,
}

/// Take a set or an item of yours out of the catalogue, or put it back
///
/// Its buyers keep it. `409 not-published`, `last-item`, `set-delisted`, `not-clean`.
#[utoipa::path(put, path = "/v1/listings/{kind}/{id}", operation_id = "set_listing", tag = "catalogue", request_body = ListingBody,
    security(("bearer" = [])),
    params(("kind" = ListedKind, Path, description = "A set or an item"), ("id" = Uuid, Path, description = "Of the set or item")),
    responses((status = 200, body = ListingBody), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn set_listing(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path((kind, id)): Path<(ListedKind, Uuid)>,
    JsonBody(body): JsonBody<ListingBody>,
) -> ApiResult<Json<ListingBody>> {
    delisting::set(&app, owner.id, (kind, id), body.listing).await?;
    Ok(Json(body))
}
