//! `/v1/carts`: a buyer's carts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tradepost_common::ids::CartId;
use tradepost_common::problem::Problem;
use tradepost_common::sales::Currency;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::carts::{self, Basket, Cart};
use super::{Line, MAX_LINES};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(start_cart))
        .routes(routes!(get_cart, put_cart, delete_cart))
}

/// The products of a cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutCart {
    #[schema(max_items = 50)]
    lines: Vec<Line>,
    /// EUR when not given.
    #[schema(value_type = Option<String>, pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3)]
    currency: Option<Currency>,
    #[schema(pattern = "^[A-Z0-9][A-Z0-9_-]{2,39}$", min_length = 3, max_length = 40)]
    coupon: Option<String>,
}

impl PutCart {
    fn parse(self) -> ApiResult<Basket> {
        let is_count = self.lines.len() <= MAX_LINES;
        ApiError::unless_all([("lines", is_count, format!("must be at most {MAX_LINES}"))])?;
        basket(&self.lines, self.currency, self.coupon)
    }
}

/// The products that a request names. The currency is EUR when none is given.
///
/// # Errors
/// As [`Line::parse_all`]; invalid.
pub fn basket(lines: &[Line], currency: Option<Currency>, coupon: Option<String>) -> ApiResult<Basket> {
    let is_code = coupon.as_ref().is_none_or(|code| (3..=40).contains(&code.len()));
    ApiError::unless_all([("coupon", is_code, "must be 3 to 40 characters")])?;
    Ok(Basket {
        lines: Line::parse_all(lines)?,
        currency: currency.map_or_else(|| "EUR".to_owned(), |currency| currency.as_str().to_owned()),
        coupon,
    })
}

/// Start a cart
///
/// It is forgotten after 7 days without a change. `409 too-many-carts`; `422 duplicate-line`, `line-without-product`.
#[utoipa::path(post, path = "/v1/carts", operation_id = "start_cart", tag = "orders", request_body = PutCart, security(("bearer" = [])),
    responses((status = 201, body = Cart), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn start_cart(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    JsonBody(body): JsonBody<PutCart>,
) -> ApiResult<Response> {
    let cart = carts::make(&app, &buyer, &body.parse()?).await?;
    let location = format!("/v1/carts/{}", cart.id);
    Ok((StatusCode::CREATED, [("location", location)], Json(cart)).into_response())
}

/// A cart of yours as it would be bought now
///
/// Each line says what changed since it was put in; the total is that of the lines that can be bought.
#[utoipa::path(get, path = "/v1/carts/{id}", operation_id = "get_cart", tag = "orders",
    params(("id" = Uuid, Path, description = "Of the cart")), security(("bearer" = [])),
    responses((status = 200, body = Cart), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn get_cart(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<CartId>,
) -> ApiResult<Json<Cart>> {
    Ok(Json(carts::get(&app, &buyer, id).await?))
}

/// Replace what is in a cart of yours
///
/// `422 duplicate-line`, `line-without-product`.
#[utoipa::path(put, path = "/v1/carts/{id}", operation_id = "put_cart", tag = "orders", request_body = PutCart,
    params(("id" = Uuid, Path, description = "Of the cart")), security(("bearer" = [])),
    responses((status = 200, body = Cart), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn put_cart(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<CartId>,
    JsonBody(body): JsonBody<PutCart>,
) -> ApiResult<Json<Cart>> {
    Ok(Json(carts::replace(&app, &buyer, id, &body.parse()?).await?))
}

/// Delete a cart of yours
#[utoipa::path(delete, path = "/v1/carts/{id}", operation_id = "delete_cart", tag = "orders",
    params(("id" = Uuid, Path, description = "Of the cart")), security(("bearer" = [])),
    responses((status = 204, description = "Deleted"), (status = 404, body = Problem)))]
async fn delete_cart(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<CartId>,
) -> ApiResult<StatusCode> {
    carts::delete(&app, &buyer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
