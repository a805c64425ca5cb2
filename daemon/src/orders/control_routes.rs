//! The control socket's verbs for orders and the ledger: every role may look, operators refund and give credit.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::OrderId;
use tradepost_common::ledger::{AccountBalance, Credit, JournalRow, LedgerView};
use tradepost_common::orders::{OrderRow, OrderState, OrderView, Refund};
use uuid::Uuid;

use super::queries::{self, Filter};
use super::{ledger, payment_routes, place, refund};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query, parse_param};
use crate::pager::{PageQuery, limit};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/orders", get(list))
        .route("/v1/orders/{id}", get(get_one))
        .route("/v1/orders/{id}/refund", post(refund_order))
        .route("/v1/accounts/{name}/credit", post(credit))
        .route("/v1/ledger", get(view))
        .route("/v1/ledger/journal", get(journal))
        .merge(payment_routes::control_router())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    account: Option<String>,
    state: Option<String>,
    cursor: Option<OrderId>,
    limit: Option<u32>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<OrderRow>>> {
    let limit = limit(query.limit)?;
    let filter = Filter {
        id: None,
        account: query.account.as_deref(),
        state: parse_param::<OrderState>("state", query.state.as_deref())?,
        before: query.cursor,
    };
    let rows = queries::list(&app.db, &filter, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| row.id)))
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

async fn credit(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<Credit>,
) -> ApiResult<Json<AccountBalance>> {
    Ok(Json(ledger::credit(&app, &peer.actor, &name, &body).await?))
}

async fn view(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<LedgerView>> {
    Ok(Json(ledger::view(&app).await?))
}

async fn journal(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<PageQuery<Uuid>>,
) -> ApiResult<Json<Page<JournalRow>>> {
    Ok(Json(ledger::journal(&app.db, query.cursor, limit(query.limit)?).await?))
}
