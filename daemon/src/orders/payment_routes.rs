//! The control socket's verbs for payments by card and disputes: every role may look, operators settle differences.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::Page;
use tradepost_common::ids::{DisputeId, PaymentId};
use tradepost_common::payments::{DisputeRow, PaymentView, PaymentsView, ResolveDifference};

use super::dispute::queries as disputes;
use super::refund;
use super::refund::queries as refunds;
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::{PageQuery, limit};
use crate::payments::service;

/// Open disputes beside the stuck payments.
const SHOWN: i64 = 100;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/payments", get(view))
        .route("/v1/payments/resolve", post(resolve))
        .route("/v1/payments/{id}", get(get_one))
        .route("/v1/disputes", get(disputes))
}

async fn view(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<PaymentsView>> {
    Ok(Json(PaymentsView {
        stuck: service::stuck(&app).await?,
        refunds: refunds::stuck(&app.db, service::STUCK_MINUTES).await?,
        disputes: disputes::list(&app.db, disputes::Filter::open(), SHOWN).await?,
        differences: service::differences(&app).await?,
        balances: crate::provider_statement::balances(&app.db).await?,
    }))
}

async fn get_one(_: Peer, State(app): State<SharedApp>, Path(id): Path<PaymentId>) -> ApiResult<Json<PaymentView>> {
    Ok(Json(service::view(&app, id).await?))
}

async fn resolve(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<ResolveDifference>,
) -> ApiResult<StatusCode> {
    refund::check_reason(&body.reason)?;
    service::resolve(&app, &peer.actor, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn disputes(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<PageQuery<DisputeId>>,
) -> ApiResult<Json<Page<DisputeRow>>> {
    let limit = limit(query.limit)?;
    let filter = disputes::Filter {
        before: query.cursor,
        ..disputes::Filter::default()
    };
    let rows = disputes::list(&app.db, filter, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| row.id)))
}
