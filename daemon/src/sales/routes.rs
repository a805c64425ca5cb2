//! Prices of products, shares of families, terms of licences.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tradepost_common::problem::Problem;
use tradepost_common::sales::{Licence, LicenceTerms, Price, Product, ProductKind};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::prices::MAX_SHARES;
use super::{licences, prices};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_prices, put_prices))
        .routes(routes!(get_shares, put_shares))
        .routes(routes!(list_licences))
        .routes(routes!(get_licence))
}

/// Prices of a product: one for each licence and currency.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Prices {
    #[schema(max_items = 30)]
    prices: Vec<Price>,
}

/// Prices of a published product
#[utoipa::path(get, path = "/v1/prices/{kind}/{id}", operation_id = "get_prices", tag = "sales",
    params(("kind" = ProductKind, Path, description = "Of the product"), ("id" = Uuid, Path, description = "Of the product")),
    responses((status = 200, body = Prices), (status = 404, body = Problem)))]
async fn get_prices(
    State(app): State<SharedApp>,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
) -> ApiResult<Json<Prices>> {
    let prices = prices::list(&app, Product { kind, id }).await?;
    Ok(Json(Prices { prices }))
}

/// Replace the prices of a product of yours
///
/// Orders that are placed keep theirs. Without a price, an item or a family is not sold by itself. `422 duplicate-price`,
/// `no-personal-price` (of a set).
#[utoipa::path(put, path = "/v1/prices/{kind}/{id}", operation_id = "put_prices", tag = "sales", request_body = Prices, security(("bearer" = [])),
    params(("kind" = ProductKind, Path, description = "Of the product"), ("id" = Uuid, Path, description = "Of the product")),
    responses((status = 200, body = Prices), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn put_prices(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
    JsonBody(body): JsonBody<Prices>,
) -> ApiResult<Json<Prices>> {
    let prices = prices::replace(&app, &owner, Product { kind, id }, &body.prices).await?;
    Ok(Json(Prices { prices }))
}

/// The part of a contributor in the royalties of a family.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Share {
    #[schema(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 63)]
    contributor: String,
    /// Hundredths of a percent.
    #[schema(minimum = 1, maximum = 10_000)]
    basis_points: i32,
}

/// The contributors of a family.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Shares {
    /// 10000 basis points together; none: all is its owner's.
    #[schema(max_items = 20)]
    shares: Vec<Share>,
}

impl Shares {
    fn new(shares: Vec<(String, i32)>) -> Self {
        let share = |(contributor, basis_points)| Share {
            contributor,
            basis_points,
        };
        Self {
            shares: shares.into_iter().map(share).collect(),
        }
    }
}

/// Contributors of a family of yours, with their shares
#[utoipa::path(get, path = "/v1/families/{id}/shares", operation_id = "get_shares", tag = "sales", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the family")),
    responses((status = 200, body = Shares), (status = 404, body = Problem)))]
async fn get_shares(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<Shares>> {
    Ok(Json(Shares::new(prices::shares(&app, &owner, id).await?)))
}

/// Replace the contributors of a family of yours
///
/// `422 duplicate-share`, `no-contributor`, `shares-not-whole`.
#[utoipa::path(put, path = "/v1/families/{id}/shares", operation_id = "put_shares", tag = "sales", request_body = Shares, security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the family")),
    responses((status = 200, body = Shares), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn put_shares(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path(id): Path<Uuid>,
    JsonBody(body): JsonBody<Shares>,
) -> ApiResult<Json<Shares>> {
    let is_share = body
        .shares
        .iter()
        .all(|share| (1..=10_000).contains(&share.basis_points));
    ApiError::unless_all([
        (
            "shares",
            body.shares.len() <= MAX_SHARES,
            format!("must be at most {MAX_SHARES}"),
        ),
        ("basis_points", is_share, "must be 1 to 10000".to_owned()),
    ])?;
    let shares: Vec<_> = body
        .shares
        .into_iter()
        .map(|share| (share.contributor, share.basis_points))
        .collect();
    Ok(Json(Shares::new(
        prices::replace_shares(&app, &owner, id, &shares).await?,
    )))
}

/// Terms of every licence.
#[derive(Debug, Serialize, ToSchema)]
struct Licences {
    #[schema(max_items = 3)]
    licences: Vec<LicenceTerms>,
}

/// The current terms of every licence
#[utoipa::path(get, path = "/v1/licences", operation_id = "list_licences", tag = "sales", responses((status = 200, body = Licences)))]
async fn list_licences(State(app): State<SharedApp>) -> ApiResult<Json<Licences>> {
    let licences = licences::current(&app).await?;
    Ok(Json(Licences { licences }))
}

/// A version of the terms of a licence
///
/// Orders name the version that they were placed under; it never changes.
#[utoipa::path(get, path = "/v1/licences/{licence}/{version}", operation_id = "get_licence", tag = "sales",
    params(("licence" = Licence, Path, description = "The licence"), ("version" = i32, Path, minimum = 1, maximum = 1_000_000, description = "Of its terms")),
    responses((status = 200, body = LicenceTerms), (status = 404, body = Problem)))]
async fn get_licence(
    State(app): State<SharedApp>,
    Path((licence, version)): Path<(Licence, i32)>,
) -> ApiResult<Json<LicenceTerms>> {
    Ok(Json(licences::version(&app, licence, version).await?))
}
