//! `POST /v1/orders`, lists of orders, and the balances of an account.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use tradepost_common::Page;
use tradepost_common::ids::{OrderId, SetId};
use tradepost_common::ledger::AccountBalance;
use tradepost_common::orders::{OrderRow, OrderView};
use tradepost_common::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::place::{self, IdempotencyKey};
use super::queries::{self, Filter};
use super::{books, ledger};
use crate::accounts::sessions::NewSession;
use crate::accounts::{Account, Bearer, guests};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody, Path, Query, parse_param};
use crate::mail::EmailAddress;
use crate::pager::limit_or;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(place_order, list))
        .routes(routes!(get_one))
        .routes(routes!(balance))
}

/// The sets to buy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceOrder {
    /// 1 to 50 published sets with prices in one currency.
    #[schema(min_items = 1, max_items = 50)]
    sets: BTreeSet<SetId>,
    /// For guests, who send no token: the receipt and a link to the library come to this address.
    #[schema(min_length = 3, max_length = 254, pattern = "^[!-~]+$")]
    email: Option<String>,
}

/// Buy sets
///
/// Pays with store credit: the funds are held at once, and the order is paid within seconds. The same `Idempotency-Key` and sets
/// answer with the same order. `402 insufficient-funds`; `409 in-flight`, `not-for-sale`, `already-owned`, `already-ordered`, `own-set`;
/// `422 key-reused`. A refused order leaves nothing behind. A guest sends an `email` instead of a token, and gets a session for this
/// purchase with the answer; a link to the library comes by mail.
#[utoipa::path(post, path = "/v1/orders", operation_id = "place_order", tag = "orders", request_body = PlaceOrder, security((), ("bearer" = []), ("session" = [])),
    params(("Idempotency-Key" = String, Header, description = "Names this purchase, so that it happens once",
        min_length = 1, max_length = 255, pattern = r"^[!-~]+$")),
    responses((status = 202, body = OrderView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 402, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn place_order(
    State(app): State<SharedApp>,
    buyer: Option<Bearer>,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
    JsonBody(body): JsonBody<PlaceOrder>,
) -> ApiResult<Response> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key: Option<IdempotencyKey> = parse_param("Idempotency-Key", key)?;
    let key =
        key.ok_or_else(|| ApiError::invalid("Idempotency-Key", "send this header: 1 to 255 visible ASCII characters"))?;
    let (buyer, session) = match (buyer, &body.email) {
        (Some(Bearer(buyer)), _) => (buyer, None),
        (None, Some(email)) => guest(&app, email, &key, client).await?,
        (None, None) => {
            return Err(ApiError::Unauthorized(
                "Send Authorization: Bearer <token>, or an email.",
            ));
        }
    };
    let order = place::place(&app, &buyer, &key, &body.sets).await?;
    let location = format!("/v1/orders/{}", order.order.id);
    let mut response = (StatusCode::ACCEPTED, [("location", location)], Json(order)).into_response();
    if let Some(session) = session {
        response.headers_mut().insert(header::SET_COOKIE, session.cookie);
    }
    Ok(response)
}

/// The account of a guest's checkout.
async fn guest(
    app: &SharedApp,
    email: &str,
    key: &IdempotencyKey,
    client: IpAddr,
) -> ApiResult<(Account, Option<NewSession>)> {
    let email: EmailAddress = email
        .parse()
        .map_err(|detail: &str| ApiError::unprocessable("invalid-email", detail))?;
    app.strangers.guests.take_by_name(email.as_str(), client)?;
    guests::account(app, &email, key.as_str()).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `next` of the page before.
    cursor: Option<OrderId>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Your orders, newest first
#[utoipa::path(get, path = "/v1/orders", operation_id = "list_orders", tag = "orders", params(ListQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<OrderRow>), (status = 401, body = Problem)))]
async fn list(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<OrderRow>>> {
    let limit = limit_or(query.limit, 50)?;
    let filter = Filter {
        account: Some(&account.name),
        before: query.cursor,
        ..Filter::default()
    };
    let rows = queries::list(&app.db, &filter, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| row.id)))
}

/// An order of yours
#[utoipa::path(get, path = "/v1/orders/{id}", operation_id = "get_order", tag = "orders",
    params(("id" = Uuid, Path, description = "Of the order")), security(("bearer" = [])),
    responses((status = 200, body = OrderView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get_one(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<OrderId>,
) -> ApiResult<Json<OrderView>> {
    let mut connection = app.db.acquire().await?;
    let order = place::view(&mut connection, id).await?;
    if order.order.account == account.name {
        Ok(Json(order))
    } else {
        Err(ApiError::NotFound("order"))
    }
}

/// Balances of an account, in minor units of each currency.
#[derive(Debug, Serialize, ToSchema)]
struct Balances {
    /// Store credit, which pays orders.
    #[schema(max_items = 200)]
    wallet: Vec<AccountBalance>,
    /// Royalties of sold sets.
    #[schema(max_items = 200)]
    earnings: Vec<AccountBalance>,
}

/// Your store credit and your royalties
#[utoipa::path(get, path = "/v1/balance", operation_id = "get_balance", tag = "orders", security(("bearer" = [])),
    responses((status = 200, body = Balances), (status = 401, body = Problem)))]
async fn balance(State(app): State<SharedApp>, Bearer(account): Bearer) -> ApiResult<Json<Balances>> {
    let wallet = books::wallet_name(&account.name);
    let all = ledger::balances(&app.db, &[wallet.clone(), books::earnings_name(&account.name)]).await?;
    let (wallet, earnings) = all.into_iter().partition(|balance| balance.name == wallet);
    Ok(Json(Balances { wallet, earnings }))
}
