//! `POST /v1/orders`, lists of orders, and the balances of an account.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use tradepost_common::Page;
use tradepost_common::ids::{CartId, OrderId};
use tradepost_common::ledger::AccountBalance;
use tradepost_common::orders::{OrderRow, OrderState, OrderView};
use tradepost_common::problem::Problem;
use tradepost_common::sales::Currency;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pay::{self, PayWith, Wish};
use super::place::{self, IdempotencyKey, Source};
use super::search::{self, Filter};
use super::{card, ledger, top_up};
use crate::accounts::sessions::NewSession;
use crate::accounts::{Account, Bearer, guests};
use crate::app::{App, SharedApp};
use crate::books;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody, Path, Query, parse_param};
use crate::mail::EmailAddress;
use crate::pager::{Place, limit_or};
use crate::payments::{Payment, declines, service as payments};
use crate::rate_limit::strangers::{self, Act};
use crate::sales::tax::TaxPlace;
use crate::sales::{Line, MAX_LINES, cart_routes};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(place_order, list))
        .routes(routes!(get_one))
        .routes(routes!(cancel_order))
        .routes(routes!(balance))
        .merge(top_up::public_router())
}

/// The products to buy: lines, or a cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceOrder {
    /// 1 to 50, without a cart.
    #[serde(default)]
    #[schema(max_items = 50)]
    lines: Vec<Line>,
    /// A cart of yours, which is gone when the order is placed. Its currency and coupon are those of the order.
    cart: Option<CartId>,
    /// EUR when not given.
    #[schema(value_type = Option<String>, pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3)]
    currency: Option<Currency>,
    #[schema(pattern = "^[A-Z0-9][A-Z0-9_-]{2,39}$", min_length = 3, max_length = 40)]
    coupon: Option<String>,
    /// For guests, who send no token: the receipt and a link to the library come to this address.
    #[schema(min_length = 3, max_length = 254, pattern = "^[!-~]+$")]
    email: Option<String>,
    /// Default: store credit.
    #[serde(default)]
    pay_with: PayWith,
    /// The provider's id of a card, which is charged at once. Without it the client confirms the payment with its client secret.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_]+$", min_length = 1, max_length = 100)]
    payment_method: Option<String>,
    /// The country in which you are taxed, ISO 3166-1. The tax is in the price.
    #[serde(default)]
    #[schema(pattern = "^[A-Z]{2}$", min_length = 2, max_length = 2)]
    country: Option<String>,
    /// The tax number of your business, with its country. In another country than the marketplace's you owe the tax yourself.
    #[serde(default)]
    #[schema(pattern = "^[A-Z0-9]+$", min_length = 4, max_length = 20)]
    tax_number: Option<String>,
}

impl PlaceOrder {
    fn source(&self) -> ApiResult<Source> {
        let is_count = self.lines.len() <= MAX_LINES;
        ApiError::unless_all([("lines", is_count, format!("must be at most {MAX_LINES}"))])?;
        match self.cart {
            None => Ok(Source::Basket(cart_routes::basket(
                &self.lines,
                self.currency.clone(),
                self.coupon.clone(),
            )?)),
            Some(cart) if self.lines.is_empty() && self.currency.is_none() && self.coupon.is_none() => {
                Ok(Source::Cart(cart))
            }
            Some(_) => {
                let detail = "Send a cart or lines: lines, currency and coupon of a cart are those that are in it.";
                Err(ApiError::unprocessable("cart-and-lines", detail))
            }
        }
    }
}

/// Buy items, sets or families
///
/// Store credit is held at once, and the order is paid within seconds. A card is charged when it is named; otherwise the client confirms
/// `payment` at the provider, as when its state is `requires_action`. An order whose payment is declined, or not made within an hour,
/// fails; the products can be ordered again under a new key. Prices, terms and the split are those of this moment. The same
/// `Idempotency-Key` and body answer with the same order. `402 insufficient-funds`; `409 in-flight`, `not-for-sale`, `already-owned`,
/// `already-ordered`, `own-product`, `contained-line`, `coupon-refused`, `coupon-used-up`, `coupon-used`, `no-cards`; `422 key-reused`,
/// `no-lines`, `duplicate-line`, `line-without-product`, `cart-and-lines`, `too-expensive`, `no-tax-country`; `429 too-many-declines`. A refused order leaves
/// nothing behind. A guest sends an `email` instead of a token, and gets a session for this purchase with the answer; a link to the library
/// comes by mail.
#[utoipa::path(post, path = "/v1/orders", operation_id = "place_order", tag = "orders", request_body = PlaceOrder, security((), ("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "Names this purchase, so that it happens once",
        min_length = 1, max_length = 255, pattern = r"^[!-~]+$")),
    responses((status = 202, body = OrderView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 402, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn place_order(
    State(app): State<SharedApp>,
    buyer: Option<Bearer>,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
    JsonBody(body): JsonBody<PlaceOrder>,
) -> ApiResult<Response> {
    let key = idempotency_key(&headers)?;
    pay::check_method(body.payment_method.as_deref())?;
    let source = body.source()?;
    let tax = TaxPlace::parse(body.country.clone(), body.tax_number.clone())?;
    let (buyer, session) = match (buyer, &body.email) {
        (Some(Bearer(buyer)), _) => (buyer, None),
        (None, Some(email)) => guest(&app, email, &key, client).await?,
        (None, None) => {
            return Err(ApiError::Unauthorized(
                "Send Authorization: Bearer <token>, or an email.",
            ));
        }
    };
    let wish = Wish {
        pay_with: body.pay_with,
        method: body.payment_method.as_deref(),
        network: &declines::network(client),
        tax,
    };
    let placed = place::place(&app, &buyer, &key, &source, &wish).await?;
    let order = match &placed.payment {
        Some(payment) if placed.order.state == OrderState::AwaitingPayment => {
            card::try_at_once(&app, payment.id).await;
            own(&app, &buyer, placed.order.id).await?
        }
        _ => placed,
    };
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
    strangers::take(&app.db, Act::GuestCheckout, email.as_str(), client).await?;
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
        account: Some(account.name),
        ..Filter::default()
    };
    Ok(Json(
        search::list(&app.db, &filter, &Place::newest(query.cursor), limit).await?,
    ))
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
    Ok(Json(own(&app, &account, id).await?))
}

/// Cancel an order that is not paid
///
/// Its payment is canceled at the provider, and the order fails; if the card was charged meanwhile, it is paid. `409 not-unpaid`.
#[utoipa::path(post, path = "/v1/orders/{id}/cancel", operation_id = "cancel_order", tag = "orders",
    params(("id" = Uuid, Path, description = "Of the order")), security(("bearer" = [])),
    responses((status = 202, body = OrderView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn cancel_order(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<OrderId>,
) -> ApiResult<(StatusCode, Json<OrderView>)> {
    let order = own(&app, &account, id).await?;
    let (OrderState::AwaitingPayment, Some(payment)) = (order.order.state, &order.payment) else {
        let state = order.order.state;
        let detail = format!("The order is {state}; only one that awaits its payment can be canceled.");
        return Err(ApiError::conflict("not-unpaid", detail));
    };
    let mut tx = app.db.begin().await?;
    payments::give_up(&app, &mut tx, payment.id, "You canceled the order.").await?;
    tx.commit().await?;
    card::try_at_once(&app, payment.id).await;
    Ok((StatusCode::ACCEPTED, Json(own(&app, &account, id).await?)))
}

/// An order of the account, with the secret of a payment that is open.
async fn own(app: &App, account: &Account, id: OrderId) -> ApiResult<OrderView> {
    let mut connection = app.db.acquire().await?;
    let mut order = place::view(&mut connection, id).await?;
    if order.order.account != account.name {
        return Err(ApiError::NotFound("order"));
    }
    if order.order.state == OrderState::AwaitingPayment {
        let payment = payments::of_order(&mut *connection, id).await?;
        order.payment = payment.map(Payment::for_buyer);
    }
    Ok(order)
}

/// The header `Idempotency-Key`.
///
/// # Errors
/// Invalid.
pub(super) fn idempotency_key(headers: &HeaderMap) -> ApiResult<IdempotencyKey> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key: Option<IdempotencyKey> = parse_param("Idempotency-Key", key)?;
    key.ok_or_else(|| ApiError::invalid("Idempotency-Key", "send this header: 1 to 255 visible ASCII characters"))
}

/// Balances of an account, in minor units of each currency.
#[derive(Debug, Serialize, ToSchema)]
struct Balances {
    /// Store credit, which pays orders.
    #[schema(max_items = 200)]
    wallet: Vec<AccountBalance>,
    /// Royalties of what was sold.
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
