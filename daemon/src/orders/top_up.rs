//! `POST /v1/wallet/top-ups`: store credit that a card pays.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tradepost_common::ids::PaymentId;
use tradepost_common::payments::{CardPayment, PaymentPurpose};
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{card, pay, queries, routes::idempotency_key};
use crate::accounts::{Account, Bearer};
use crate::app::{App, SharedApp};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody, Path};
use crate::payments::{NewPayment, declines, service};

/// Minor units of one top-up.
const MAX_MINOR: i64 = 1_000_000;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(start_top_up))
        .routes(routes!(get_one))
}

/// The store credit to buy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TopUp {
    /// Minor units of `currency`.
    #[schema(minimum = 1, maximum = 1_000_000)]
    amount_minor: i64,
    #[schema(pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3)]
    currency: String,
    /// The provider's id of a card, which is charged at once. Without it the client confirms the payment with its client secret.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_]+$", min_length = 1, max_length = 100)]
    payment_method: Option<String>,
}

/// Top up your store credit
///
/// A card pays it. The same `Idempotency-Key` and body answer with the same payment. `409 in-flight`, `no-cards`; `422 key-reused`;
/// `429 too-many-declines`.
#[utoipa::path(post, path = "/v1/wallet/top-ups", operation_id = "start_top_up", tag = "orders", request_body = TopUp, security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "Names this top-up, so that it happens once",
        min_length = 1, max_length = 255, pattern = r"^[!-~]+$")),
    responses((status = 202, body = CardPayment), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn start_top_up(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    JsonBody(body): JsonBody<TopUp>,
) -> ApiResult<(StatusCode, Json<CardPayment>)> {
    let key = idempotency_key(&headers)?;
    let currency = &body.currency;
    let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    ApiError::unless_all([
        (
            "amount_minor",
            (1..=MAX_MINOR).contains(&body.amount_minor),
            format!("must be 1 to {MAX_MINOR}"),
        ),
        (
            "currency",
            is_currency,
            "must be three capital letters, as EUR".to_owned(),
        ),
    ])?;
    pay::check_method(body.payment_method.as_deref())?;
    pay::refuse_without_provider(&app)?;
    let network = declines::network(address);
    let id = insert(&app, &account, key.as_str(), &body, &network).await?;
    card::try_at_once(&app, id).await;
    let payment = service::find(&app.db, id).await?.ok_or(ApiError::NotFound("payment"))?;
    Ok((StatusCode::ACCEPTED, Json(payment.for_buyer())))
}

/// The payment that this key has started, or a new one.
async fn insert(app: &App, account: &Account, key: &str, body: &TopUp, network: &str) -> ApiResult<PaymentId> {
    let mut tx = app.db.begin().await?;
    if !queries::lock_key(&mut tx, account.id, key).await? {
        let detail = "A request with this Idempotency-Key is still running. Ask again for its answer.";
        return Err(ApiError::conflict("in-flight", detail));
    }
    if let Some(id) = service::by_key(&mut tx, account.id, key).await? {
        let earlier = service::find(&mut *tx, id)
            .await?
            .ok_or(ApiError::NotFound("payment"))?;
        let same = (earlier.amount_minor, &earlier.currency, &earlier.method);
        if same == (body.amount_minor, &body.currency, &body.payment_method) {
            return Ok(id);
        }
        let detail = "This Idempotency-Key started another top-up. Use a new key for a new one.";
        return Err(ApiError::unprocessable("key-reused", detail));
    }
    declines::refuse_tester(app, &mut tx, account.id, network, &[]).await?;
    let payment = NewPayment {
        id: PaymentId::new(),
        account: account.id,
        order: None,
        idempotency_key: Some(key),
        amount_minor: body.amount_minor,
        currency: &body.currency,
        method: body.payment_method.as_deref(),
        network,
        products: &[],
    };
    service::insert(app, &mut tx, &payment).await?;
    tx.commit().await?;
    Ok(payment.id)
}

/// A top-up of yours
#[utoipa::path(get, path = "/v1/wallet/top-ups/{id}", operation_id = "get_top_up", tag = "orders",
    params(("id" = Uuid, Path, description = "Of the top-up")), security(("bearer" = [])),
    responses((status = 200, body = CardPayment), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get_one(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<PaymentId>,
) -> ApiResult<Json<CardPayment>> {
    let payment = service::find(&app.db, id).await?;
    let own = payment.filter(|payment| payment.account_id == account.id && payment.purpose == PaymentPurpose::TopUp);
    own.map(|payment| Json(payment.for_buyer()))
        .ok_or(ApiError::NotFound("top-up"))
}
