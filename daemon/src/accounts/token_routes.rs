//! `/v1/tokens`: the tokens of an account, which it makes and deletes itself.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tradepost_common::Page;
use tradepost_common::ids::TokenId;
use tradepost_common::problem::Problem;
use tradepost_common::tokens::Scope;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tokens::{self, ApiToken, OwnToken};
use super::{Bearer, Login};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Query};
use crate::pager::limit_or;

const MAX_DAYS: u16 = 366;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(delete))
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateToken {
    /// For you to recognise it by.
    #[schema(max_length = 80, pattern = r"^[ -~]*$")]
    label: String,
    #[schema(min_items = 1, max_items = 4)]
    scopes: Vec<Scope>,
    #[schema(minimum = 1, maximum = 366)]
    expires_days: u16,
}

/// A token with its secret, which is shown only here.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedToken {
    #[serde(flatten)]
    token: ApiToken,
    #[schema(max_length = 67, pattern = "^tp_[0-9a-f]{64}$")]
    secret: String,
}

/// Make a token
///
/// It has no scope that the caller has not. `409 too-many-tokens` when you have 50.
#[utoipa::path(post, path = "/v1/tokens", operation_id = "create_token", tag = "accounts", request_body = CreateToken, security(("bearer" = [])),
    responses((status = 201, body = CreatedToken), (status = 401, body = Problem), (status = 409, body = Problem)))]
async fn create(
    State(app): State<SharedApp>,
    login: Login,
    JsonBody(body): JsonBody<CreateToken>,
) -> ApiResult<(StatusCode, Json<CreatedToken>)> {
    let is_plain = body.label.len() <= 80 && body.label.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    ApiError::unless_all([
        ("label", is_plain, "must be at most 80 ASCII characters"),
        (
            "scopes",
            (1..=4).contains(&body.scopes.len()),
            "must name 1 to 4 scopes",
        ),
        (
            "expires_days",
            (1..=MAX_DAYS).contains(&body.expires_days),
            "must be 1 to 366",
        ),
    ])?;
    let scopes: Vec<_> = body.scopes.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let new = OwnToken {
        label: &body.label,
        scopes: &scopes,
        expires_at: OffsetDateTime::now_utc() + Duration::days(body.expires_days.into()),
    };
    let (token, secret) = tokens::create_own(&app, &login, &new).await?;
    Ok((StatusCode::CREATED, Json(CreatedToken { token, secret })))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `next` of the page before.
    cursor: Option<TokenId>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Your tokens, newest first
#[utoipa::path(get, path = "/v1/tokens", operation_id = "list_tokens", tag = "accounts", params(ListQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<ApiToken>), (status = 401, body = Problem)))]
async fn list(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<ApiToken>>> {
    let limit = limit_or(query.limit, 50)?;
    Ok(Json(tokens::list_own(&app.db, account.id, query.cursor, limit).await?))
}

/// Delete a token of yours
///
/// It opens nothing any more.
#[utoipa::path(delete, path = "/v1/tokens/{id}", operation_id = "delete_token", tag = "accounts",
    params(("id" = Uuid, Path, description = "Of the token")), security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn delete(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<TokenId>,
) -> ApiResult<StatusCode> {
    tokens::revoke_own(&app.db, account.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
