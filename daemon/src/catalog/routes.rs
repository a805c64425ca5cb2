//! `GET /v1/families`, `/v1/sets`, `/v1/items`: the published catalogue, for everybody.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tradepost_common::catalog::{CatalogueOrder, Counts, Kind, PriceRange};
use tradepost_common::problem::Problem;
use tradepost_common::sales::ProductKind;
use tradepost_common::text::Text;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::cached::{self, key};
use super::delisting::{self, ListedKind, Listing};
use super::entries::{self, Ids, Wanted};
use super::filters::Parameters;
use super::listing::{self, Family, Item, Picture, Set};
use crate::accounts::Bearer;
use crate::app::{App, SharedApp};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Query, Reads, parse_param};
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

/// Filter and order of a list.
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
    /// A category, and those below it.
    #[param(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 40)]
    category: Option<String>,
    /// One style, lower case.
    #[param(inline)]
    style: Option<Text<40>>,
    /// The licence that the contributor chose, as `MIT`.
    #[param(inline)]
    licence: Option<Text<64>>,
    /// The range of the lowest price in any currency.
    #[param(inline, value_type = Option<PriceRange>)]
    price_range: Option<String>,
    /// Only of this family.
    family_id: Option<Uuid>,
    /// Only of this set.
    set_id: Option<Uuid>,
    /// `newest` when not given. `popular`: by views, downloads, favourites and sales, which halve in 30 days.
    #[param(inline, value_type = Option<CatalogueOrder>)]
    order: Option<String>,
    /// `next` of the page before.
    #[param(
        pattern = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.-?[0-9]{1,19}(\.[0-9]{1,30})?)?$",
        max_length = 100
    )]
    cursor: Option<String>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl ListQuery {
    fn filters(&mut self) -> ApiResult<Vec<tradepost_search::Filter>> {
        Parameters {
            kind: self.kind.take(),
            contributor: self.contributor.take(),
            tag: self.tag.take(),
            category: self.category.take(),
            style: self.style.take(),
            licence: self.licence.take(),
            price_range: self.price_range.take(),
            ..Parameters::default()
        }
        .parse()
    }

    /// The ids of the page that is asked for, with the number of rows of all pages on the first one.
    async fn page(mut self, db: &PgPool, product: ProductKind) -> ApiResult<(Ids, Option<i64>)> {
        let limit = pager::limit_or(self.limit, DEFAULT_LIMIT)?;
        let order = parse_param("order", self.order.as_deref())?.unwrap_or(CatalogueOrder::Newest);
        let filters = self.filters()?;
        let mut wanted = Wanted {
            family_id: self.family_id,
            set_id: self.set_id,
            ..Wanted::new(product, &filters)
        };
        if product == ProductKind::Family
            && let Some(set) = wanted.set_id.take()
        {
            let family = entries::family_with(db, set).await?;
            match family {
                Some(family) if wanted.family_id.is_none_or(|wanted| wanted == family) => {
                    wanted.family_id = Some(family)
                }
                _ => return Ok((Ids::default(), Some(0))),
            }
        }
        let ids = entries::page(db, &wanted, order, self.cursor.as_deref(), limit).await?;
        let total = match self.cursor {
            None => Some(entries::total(db, &wanted).await?),
            Some(_) => None,
        };
        Ok((ids, total))
    }
}

/// A page of the catalogue: pass `next` as `cursor` to get what follows. What is published meanwhile moves no row of the pages to come.
#[derive(Debug, Serialize, ToSchema)]
struct Listed<T> {
    #[schema(max_items = 200)]
    rows: Vec<T>,
    /// Null on the last page.
    #[schema(max_length = 100)]
    next: Option<String>,
    /// Rows of all pages: exact up to 1,000, an estimate above. Null but on the first page.
    total: Option<i64>,
}

impl<T> Listed<T> {
    fn new(rows: Vec<T>, (ids, total): (Ids, Option<i64>)) -> Self {
        Self {
            rows,
            next: ids.next,
            total,
        }
    }
}

/// Families that have something published
///
/// `422 cursor-of-another-order`.
#[utoipa::path(get, path = "/v1/families", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = Listed<Family>), (status = 304, description = "Not modified"), (status = 400, body = Problem), (status = 422, body = Problem)))]
async fn list_families(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let question = format!("families:{query:?}");
    let list = async {
        let page = query.page(&db, ProductKind::Family).await?;
        let mut rows = listing::families(&db, &page.0.ids).await?;
        rows.iter_mut()
            .for_each(|family| place_pictures(&app, &mut family.previews));
        Ok(Listed::new(rows, page))
    };
    let body = cached::of_catalogue(&app, &db, question, list).await?;
    cached::answer_bytes(&headers, body, &["families".to_owned()])
}

/// One family
#[utoipa::path(get, path = "/v1/families/{id}", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the family")),
    responses((status = 200, body = Family), (status = 304, description = "Not modified"), (status = 404, body = Problem)))]
async fn get_family(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let family = listing::families(&db, &[id]).await?.pop();
    let mut family = family.ok_or(ApiError::NotFound("family"))?;
    place_pictures(&app, &mut family.previews);
    app.counts.view(ProductKind::Family.with(id));
    cached::answer(&headers, &family, &[key("family", id)])
}

/// Published sets
///
/// `422 cursor-of-another-order`.
#[utoipa::path(get, path = "/v1/sets", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = Listed<Set>), (status = 304, description = "Not modified"), (status = 400, body = Problem), (status = 422, body = Problem)))]
async fn list_sets(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let question = format!("sets:{query:?}");
    let list = async {
        let page = query.page(&db, ProductKind::Set).await?;
        Ok(Listed::new(listing::sets(&db, &page.0.ids).await?, page))
    };
    let body = cached::of_catalogue(&app, &db, question, list).await?;
    cached::answer_bytes(&headers, body, &["sets".to_owned()])
}

/// One set
#[utoipa::path(get, path = "/v1/sets/{id}", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the set")),
    responses((status = 200, body = Set), (status = 304, description = "Not modified"), (status = 404, body = Problem)))]
async fn get_set(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let set = listing::sets(&db, &[id]).await?.pop();
    let set = set.ok_or(ApiError::NotFound("set"))?;
    app.counts.view(ProductKind::Set.with(id));
    let keys = [key("set", id), key("family", set.family_id)];
    cached::answer(&headers, &set, &keys)
}

/// Published items
///
/// `422 cursor-of-another-order`.
#[utoipa::path(get, path = "/v1/items", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = Listed<Item>), (status = 304, description = "Not modified"), (status = 400, body = Problem), (status = 422, body = Problem)))]
async fn list_items(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let question = format!("items:{query:?}");
    let list = async {
        let page = query.page(&db, ProductKind::Item).await?;
        Ok(Listed::new(listing::items(&db, &page.0.ids).await?, page))
    };
    let body = cached::of_catalogue(&app, &db, question, list).await?;
    cached::answer_bytes(&headers, body, &["items".to_owned()])
}

/// An item and its pictures.
#[derive(Debug, Serialize, ToSchema)]
struct ItemDetail {
    #[serde(flatten)]
    item: Item,
    counts: Counts,
    #[schema(max_items = 100)]
    renditions: Vec<Picture>,
}

/// One item with its renditions
#[utoipa::path(get, path = "/v1/items/{id}", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the item")),
    responses((status = 200, body = ItemDetail), (status = 304, description = "Not modified"), (status = 404, body = Problem)))]
async fn get_item(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let state = listing::item_state(&db, id).await?;
    let state = state.ok_or(ApiError::NotFound("item"))?;
    app.counts.view(ProductKind::Item.with(id));
    let keys = [
        key("item", id),
        key("set", state.set_id),
        key("family", state.family_id),
    ];
    let body = app
        .cache
        .shared(format!("item:{id}:{}", state.stamp), item_detail(&app, &db, id))
        .await?;
    cached::answer_bytes(&headers, body, &keys)
}

async fn item_detail(app: &App, db: &PgPool, id: Uuid) -> ApiResult<Bytes> {
    let item = listing::items(db, &[id]).await?.pop();
    let mut detail = ItemDetail {
        item: item.ok_or(ApiError::NotFound("item"))?,
        counts: listing::counts(db, ProductKind::Item.with(id)).await?,
        renditions: listing::renditions(db, id).await?,
    };
    place_pictures(app, &mut detail.renditions);
    cached::json(&detail)
}

/// Pictures have absolute URLs where files are on an origin of their own.
fn place_pictures(app: &App, pictures: &mut [Picture]) {
    if app.config.http.files_url.is_some() {
        for picture in pictures {
            picture.url.insert_str(0, app.files_url());
        }
    }
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
    params(("kind" = inline(ListedKind), Path, description = "A set or an item"), ("id" = Uuid, Path, description = "Of the set or item")),
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
