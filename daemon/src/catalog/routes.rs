//! `GET /v1/families`, `/v1/sets`, `/v1/items`: the published catalogue, for everybody.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tradepost_common::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::listing::{self, CatalogFilter, Family, Item, Picture, Set};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::{Bearer, Path, Query};
use crate::http::objects::safe_name;

/// Rows of a page when the request does not say.
const DEFAULT_LIMIT: u32 = 50;

pub fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_families))
        .routes(routes!(get_family))
        .routes(routes!(list_sets))
        .routes(routes!(get_set))
        .routes(routes!(list_items))
        .routes(routes!(get_item))
        .routes(routes!(get_item_source))
}

/// What a list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// `icon` or `illustration`.
    kind: Option<String>,
    /// The name of the contributor's account.
    contributor: Option<String>,
    /// One tag, lower case.
    tag: Option<String>,
    family_id: Option<Uuid>,
    set_id: Option<Uuid>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// 1 to 200; 50 when not given.
    limit: Option<u32>,
}

impl ListQuery {
    fn parse(self) -> ApiResult<(CatalogFilter, i64)> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=tradepost_common::MAX_PAGE).contains(&limit) {
            return Err(ApiError::invalid("limit", "must be between 1 and 200"));
        }
        if let Some(kind) = &self.kind
            && !["icon", "illustration", "model", "texture", "audio"].contains(&kind.as_str())
        {
            return Err(ApiError::invalid(
                "kind",
                "must be icon, illustration, model, texture or audio",
            ));
        }
        let filter = CatalogFilter {
            kind: self.kind,
            contributor: self.contributor,
            tag: self.tag,
            family_id: self.family_id,
            set_id: self.set_id,
            before: self.cursor,
        };
        Ok((filter, limit.into()))
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
struct CatalogPage<T> {
    rows: Vec<T>,
    /// Pass it as `cursor` to get the next page; null on the last.
    next: Option<Uuid>,
}

fn page<T>(rows: Vec<T>, limit: i64, id: fn(&T) -> Uuid) -> Json<CatalogPage<T>> {
    let next = (rows.len() as i64 == limit).then(|| rows.last().map(id)).flatten();
    Json(CatalogPage { rows, next })
}

/// Families that have something published, newest first
#[utoipa::path(get, path = "/v1/families", tag = "catalogue", params(ListQuery),
    responses((status = 200, body = CatalogPage<Family>), (status = 400, body = Problem)))]
async fn list_families(
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<CatalogPage<Family>>> {
    let (filter, limit) = query.parse()?;
    Ok(page(
        listing::families(&app.db, &filter, limit).await?,
        limit,
        |family| family.id,
    ))
}

/// One family
#[utoipa::path(get, path = "/v1/families/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
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
    responses((status = 200, body = CatalogPage<Set>), (status = 400, body = Problem)))]
async fn list_sets(State(app): State<SharedApp>, Query(query): Query<ListQuery>) -> ApiResult<Json<CatalogPage<Set>>> {
    let (filter, limit) = query.parse()?;
    Ok(page(listing::sets(&app.db, &filter, limit).await?, limit, |set| set.id))
}

/// One set
#[utoipa::path(get, path = "/v1/sets/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
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
    responses((status = 200, body = CatalogPage<Item>), (status = 400, body = Problem)))]
async fn list_items(
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<CatalogPage<Item>>> {
    let (filter, limit) = query.parse()?;
    Ok(page(
        listing::items(&app.db, &filter, None, limit).await?,
        limit,
        |item| item.id,
    ))
}

/// An item and its pictures.
#[derive(Debug, Serialize, ToSchema)]
struct ItemDetail {
    #[serde(flatten)]
    item: Item,
    renditions: Vec<Picture>,
}

/// One item with its renditions
#[utoipa::path(get, path = "/v1/items/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
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

/// Where the source file of an item can be downloaded.
#[derive(Debug, Serialize, ToSchema)]
struct SourceUrl {
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: time::OffsetDateTime,
}

/// A signed URL for the source file of an item of your own
#[utoipa::path(get, path = "/v1/items/{id}/source", tag = "catalogue", params(("id" = Uuid, Path)), security(("bearer" = [])),
    responses((status = 200, body = SourceUrl), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get_item_source(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<SourceUrl>> {
    let source = listing::own_source(&app.db, id, account.id.0).await?;
    let (sha256, path) = source.ok_or(ApiError::NotFound("item of yours"))?;
    let expires_at =
        time::OffsetDateTime::now_utc() + time::Duration::seconds(app.config.limits.download_url_seconds.into());
    let safe_name = safe_name(&path);
    let path = format!("/objects/m/{}/{safe_name}", hex::encode(sha256));
    let query = app.signer.query("GET", &path, expires_at);
    Ok(Json(SourceUrl {
        url: format!("{}{path}?{query}", app.public_url()),
        expires_at,
    }))
}
