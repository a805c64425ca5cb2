//! The control socket's verbs for orders: every role may look, operators refund.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::OrderId;
use tradepost_common::orders::{OrderRow, OrderView, Refund};

use super::search::{self, Filter};
use super::{ledger_routes, payment_routes, place, receipt, refund};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query, parse_param};
use crate::pager::{Place, Texts, limit};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/orders", get(list))
        .route("/v1/orders/{id}", get(get_one))
        .route("/v1/orders/{id}/refund", post(refund_order))
        .route("/v1/orders/{id}/receipt", post(mail_receipt))
        .merge(ledger_routes::control_router())
        .merge(payment_routes::control_router())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    account: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
    text: Option<String>,
    without: Option<String>,
    sort: Option<String>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<OrderRow>>> {
    let filter = Filter {
        state: parse_param("state", query.state.as_deref())?,
        texts: Texts::new(query.text.as_deref(), query.without.as_deref()),
        account: query.account,
    };
    let place = Place::parse(query.sort.as_deref(), query.cursor.as_deref())?;
    let mut page = search::list(&app.db, &filter, &place, limit(query.limit)?).await?;
    if place.after.is_none() {
        page.total = Some(search::count(&app.db, &filter).await?);
    }
    Ok(Json(page))
}

async fn get_one(_: Peer, State(app): State<SharedApp>, Path(id): Path<OrderId>) -> ApiResult<Json<OrderView>> {
    let mut connection = app.db.acquire().await?;
    Ok(Json(place::view(&mut connection, id).await?))
}

async fn refund_order(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<OrderId>,
    JsonBody(body): JsonBody<Refund>,
) -> ApiResult<Json<OrderView>> {
    Ok(Json(refund::refund(&app, &peer.actor, id, &body).await?))
}

async fn mail_receipt(peer: Peer, State(app): State<SharedApp>, Path(id): Path<OrderId>) -> ApiResult<Json<OrderView>> {
    Ok(Json(receipt::mail_again(&app, &peer.actor, id).await?))
}
