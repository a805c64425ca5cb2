//! The control socket's verbs for licences, coupons and tax: every role may look, operators add, end and set.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::Page;
use tradepost_common::ids::CouponId;
use tradepost_common::sales::{Coupon, Licence, LicenceTerms, NewCoupon, NewTaxRate, NewTerms, TaxRate};

use super::coupons::{self, Filter};
use super::{licences, tax};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::{PageQuery, limit};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/licences", get(list_licences))
        .route("/v1/licences/{licence}/terms", post(add_terms))
        .route("/v1/coupons", get(list_coupons).post(make_coupon))
        .route("/v1/coupons/{id}/end", post(end_coupon))
        .route("/v1/tax-rates", get(list_tax_rates).post(set_tax_rate))
}

async fn list_licences(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Vec<LicenceTerms>>> {
    Ok(Json(licences::current(&app).await?))
}

async fn add_terms(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(licence): Path<Licence>,
    JsonBody(body): JsonBody<NewTerms>,
) -> ApiResult<Json<LicenceTerms>> {
    Ok(Json(licences::add(&app, &peer.actor, licence, &body).await?))
}

async fn list_coupons(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<PageQuery<CouponId>>,
) -> ApiResult<Json<Page<Coupon>>> {
    let limit = limit(query.limit)?;
    let filter = Filter {
        before: query.cursor,
        ..Filter::default()
    };
    let rows = coupons::list(&app.db, filter, limit.into()).await?;
    let rows = rows.into_iter().map(Coupon::from).collect();
    Ok(Json(Page::from_rows(rows, limit, |row: &Coupon| row.id)))
}

async fn make_coupon(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<NewCoupon>,
) -> ApiResult<Json<Coupon>> {
    Ok(Json(coupons::make(&app, &peer.actor, &body).await?))
}

async fn end_coupon(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CouponId>) -> ApiResult<Json<Coupon>> {
    Ok(Json(coupons::end(&app, &peer.actor, id).await?))
}

async fn list_tax_rates(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Vec<TaxRate>>> {
    Ok(Json(tax::list(&app.db).await?))
}

async fn set_tax_rate(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<NewTaxRate>,
) -> ApiResult<Json<TaxRate>> {
    Ok(Json(tax::set(&app, &peer.actor, &body).await?))
}
