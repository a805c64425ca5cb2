//! `/v1/coupons`: a contributor's coupons for own products.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::CouponId;
use tradepost_common::problem::Problem;
use tradepost_common::sales::{Coupon, NewCoupon};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::coupons::{self, Filter};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Query};
use crate::pager::limit_or;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_coupons, start_coupon))
        .routes(routes!(delete_coupon))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `next` of the page before.
    cursor: Option<CouponId>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Coupons of yours, newest first
#[utoipa::path(get, path = "/v1/coupons", operation_id = "list_coupons", tag = "sales", params(ListQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<Coupon>)))]
async fn list_coupons(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Coupon>>> {
    let limit = limit_or(query.limit, 50)?;
    let filter = Filter {
        account: Some(owner.id),
        before: query.cursor,
        ..Filter::default()
    };
    let mut connection = app.db.acquire().await?;
    let rows = coupons::list(&mut *connection, filter, limit.into()).await?;
    let rows = rows.into_iter().map(Coupon::from).collect();
    Ok(Json(Page::from_rows(rows, limit, |row: &Coupon| row.id)))
}

/// Start a coupon for your own products
///
/// You give the discount: royalty and fee are those of what is paid. `404`: the product or contributor is not you; `409 code-taken`;
/// `422 empty-window`.
#[utoipa::path(post, path = "/v1/coupons", operation_id = "start_coupon", tag = "sales", request_body = NewCoupon, security(("bearer" = [])),
    responses((status = 201, body = Coupon), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn start_coupon(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    JsonBody(body): JsonBody<NewCoupon>,
) -> ApiResult<(StatusCode, Json<Coupon>)> {
    Ok((StatusCode::CREATED, Json(coupons::make_own(&app, &owner, &body).await?)))
}

/// End a coupon of yours
///
/// Orders that use it keep their discount.
#[utoipa::path(delete, path = "/v1/coupons/{id}", operation_id = "delete_coupon", tag = "sales",
    params(("id" = Uuid, Path, description = "Of the coupon")), security(("bearer" = [])),
    responses((status = 200, body = Coupon), (status = 404, body = Problem)))]
async fn delete_coupon(
    State(app): State<SharedApp>,
    Bearer(owner): Bearer,
    Path(id): Path<CouponId>,
) -> ApiResult<Json<Coupon>> {
    Ok(Json(coupons::end_own(&app, &owner, id).await?))
}
