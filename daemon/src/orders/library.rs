//! `GET /v1/library`: what an account bought; a mailed link opens it for guests.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, OrderId, SetId};
use tradepost_common::problem::Problem;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queries::library as queries;
use crate::accounts::links::{self, Purpose};
use crate::accounts::public_routes::with_session;
use crate::accounts::sessions;
use crate::accounts::{self, guests};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::Query;

/// Sets in an answer; older ones are in `GET /v1/orders`.
pub const MAX_SETS: i64 = 1_000;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(library))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LibraryQuery {
    /// From a mailed link. Without it the account of the request is meant.
    #[param(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    token: Option<String>,
}

/// A set that was bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct LibraryRow {
    pub set_id: SetId,
    #[schema(max_length = 80)]
    pub set: String,
    #[schema(max_length = 40)]
    pub licence: String,
    pub order_id: OrderId,
    #[serde(with = "time::serde::rfc3339")]
    pub granted_at: OffsetDateTime,
}

/// The sets that an account may download, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct Library {
    #[schema(max_items = 1000)]
    rows: Vec<LibraryRow>,
}

/// Your library
///
/// With the token of a mailed link it proves the address, brings everything that guests bought with it into one account, and starts
/// a session. The link works for 7 days. `404 link-void`.
#[utoipa::path(get, path = "/v1/library", operation_id = "get_library", tag = "orders", params(LibraryQuery),
    security((), ("bearer" = [])),
    responses((status = 200, body = Library), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn library(
    State(app): State<SharedApp>,
    Query(query): Query<LibraryQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let Some(secret) = query.token else {
        let account = accounts::require_reader(&app, &headers).await?;
        let rows = queries::list(&app.db, account.id).await?;
        return Ok(Json(Library { rows }).into_response());
    };
    let mut tx = app.db.begin().await?;
    let link = links::open(&mut tx, Purpose::Library, &secret).await?;
    let account = guests::prove(&mut tx, &link.email).await?;
    let account = account.ok_or(ApiError::NotFound("library"))?;
    adopt_guests(&mut tx, account).await?;
    let session = sessions::start(&mut tx, account).await?;
    let rows = queries::list(&mut *tx, account).await?;
    tx.commit().await?;
    Ok(with_session(StatusCode::OK, &session, Library { rows }))
}

/// Moves what guests bought with the proven address of an account to it. Orders that are being settled follow later; a set that the
/// account owns already stays where it is.
pub async fn adopt_guests(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    for guest in guests::of_the_address(&mut *tx, account).await? {
        queries::move_entitlements(&mut *tx, guest, account).await?;
        queries::move_orders(&mut *tx, guest, account).await?;
    }
    Ok(())
}
