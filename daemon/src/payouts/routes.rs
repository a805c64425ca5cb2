//! `/v1/payouts`: what a contributor was paid; `/v1/bank-account`: where to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tradepost_common::ids::PayoutId;
use tradepost_common::payouts::PayoutState;
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{queries, service};
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::JsonBody;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list_payouts))
        .routes(routes!(set_bank_account))
}

/// A payout of yours.
#[derive(Debug, Serialize, ToSchema)]
struct Payout {
    id: PayoutId,
    #[schema(pattern = "^[A-Z]{3}$", max_length = 3)]
    currency: String,
    amount_minor: i64,
    state: PayoutState,
    /// The reason why it failed.
    #[schema(max_length = 500)]
    note: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    settled_at: Option<OffsetDateTime>,
}

/// Your payouts.
#[derive(Debug, Serialize, ToSchema)]
struct Payouts {
    /// The last 200, newest first.
    #[schema(max_items = 200)]
    rows: Vec<Payout>,
}

/// Payouts of what you earned
#[utoipa::path(get, path = "/v1/payouts", operation_id = "list_payouts", tag = "sales", security(("bearer" = [])),
    responses((status = 200, body = Payouts), (status = 401, body = Problem)))]
async fn list_payouts(State(app): State<SharedApp>, Bearer(contributor): Bearer) -> ApiResult<Json<Payouts>> {
    let rows = queries::of_account(&app.db, contributor.id).await?;
    let payout = |row: queries::OwnPayout| Payout {
        id: row.id,
        currency: row.currency,
        amount_minor: row.amount_minor,
        state: row.state,
        note: row.note,
        requested_at: row.requested_at,
        settled_at: row.settled_at,
    };
    Ok(Json(Payouts {
        rows: rows.into_iter().map(payout).collect(),
    }))
}

/// The bank account to which you are paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetBankAccount {
    #[schema(min_length = 1, max_length = 70, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    holder: String,
    /// Without spaces.
    #[schema(min_length = 15, max_length = 34, pattern = "^[A-Z]{2}[0-9]{2}[A-Z0-9]+$")]
    iban: String,
}

/// Set the bank account to which you are paid
///
/// Payouts that are on their way keep the one they have. `422 invalid-iban`.
#[utoipa::path(put, path = "/v1/bank-account", operation_id = "set_bank_account", tag = "sales", request_body = SetBankAccount,
    security(("bearer" = [])), responses((status = 204), (status = 400, body = Problem), (status = 422, body = Problem)))]
async fn set_bank_account(
    State(app): State<SharedApp>,
    Bearer(contributor): Bearer,
    JsonBody(body): JsonBody<SetBankAccount>,
) -> ApiResult<StatusCode> {
    service::set_bank_account(&app, &contributor, &body.holder, &body.iban).await?;
    Ok(StatusCode::NO_CONTENT)
}
