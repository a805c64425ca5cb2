//! Sign-up, sign-in, passwords and mailed links.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
use tradepost_common::problem::Problem;
use tradepost_common::tokens::{AccountRole, Scope};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::links::{self, Purpose};
use super::passwords::{new_password_schema, password_schema};
use super::sessions::{self, NewSession};
use super::{AccountName, Login, registration};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody};
use crate::mail::EmailAddress;
use crate::rate_limit::strangers::{self, Act};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(create_account))
        .routes(routes!(confirm_account))
        .routes(routes!(get_account))
        .routes(routes!(request_password_link))
        .routes(routes!(set_password))
        .routes(routes!(request_library_link))
        .routes(routes!(create_session, delete_sessions))
        .routes(routes!(delete_session))
}

/// An address and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateAccount {
    #[schema(min_length = 3, max_length = 254, pattern = "^[!-~]+$")]
    email: String,
    /// 10 to 128 characters.
    #[schema(schema_with = new_password_schema)]
    password: String,
    role: Option<AccountRole>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    #[schema(min_length = 3, max_length = 254, pattern = "^[!-~]+$")]
    email: String,
    #[schema(schema_with = password_schema)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmAccount {
    /// From the mailed link.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    token: String,
    /// The one that the account was signed up with.
    #[schema(schema_with = password_schema)]
    password: String,
    /// The name that everybody sees; default: a random one.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{1,62}$")]
    name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetPassword {
    /// From the mailed link.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    token: String,
    /// 10 to 128 characters.
    #[schema(schema_with = new_password_schema)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestLink {
    #[schema(min_length = 3, max_length = 254, pattern = "^[!-~]+$")]
    email: String,
}

/// A session; its secret is in the cookie.
#[derive(Serialize, ToSchema)]
struct Session {
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// The account behind the request.
#[derive(Serialize, ToSchema)]
struct OwnAccount {
    id: AccountId,
    #[schema(max_length = 63)]
    name: String,
    role: AccountRole,
    /// Rights of the token or session.
    #[schema(max_items = 4)]
    scopes: Vec<Scope>,
    /// It may neither buy nor sell.
    suspended: bool,
}

fn address(text: &str) -> ApiResult<EmailAddress> {
    text.parse()
        .map_err(|detail: &str| ApiError::unprocessable("invalid-email", detail))
}

fn check_password(password: &str) -> ApiResult<()> {
    let ok = (10..=128).contains(&password.chars().count());
    ApiError::unless_all([("password", ok, "must be 10 to 128 characters")])
}

/// Answers with the cookie of a session.
pub fn with_session(status: StatusCode, session: &NewSession, body: impl Serialize) -> Response {
    (status, [(header::SET_COOKIE, session.cookie.clone())], Json(body)).into_response()
}

/// Sign up
///
/// A link comes by mail; the answer does not say whether the address has an account already.
#[utoipa::path(post, path = "/v1/accounts", operation_id = "create_account", tag = "accounts", request_body = CreateAccount,
    responses((status = 202), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn create_account(
    State(app): State<SharedApp>,
    ClientAddress(client): ClientAddress,
    JsonBody(body): JsonBody<CreateAccount>,
) -> ApiResult<StatusCode> {
    check_password(&body.password)?;
    let email = address(&body.email)?;
    strangers::take(&app.db, Act::MailLink, email.as_str(), client).await?;
    let role = body.role.unwrap_or(AccountRole::Buyer);
    registration::sign_up(&app, &email, body.password, role).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Confirm the address of a sign-up
///
/// Makes the account and starts a session. `409 name-taken`, `already-registered`; `404 link-void`; `422 wrong-password`.
#[utoipa::path(post, path = "/v1/accounts/confirm", operation_id = "confirm_account", tag = "accounts", request_body = ConfirmAccount,
    responses((status = 201, body = Session), (status = 409, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
async fn confirm_account(
    State(app): State<SharedApp>,
    ClientAddress(client): ClientAddress,
    JsonBody(body): JsonBody<ConfirmAccount>,
) -> ApiResult<Response> {
    strangers::take(&app.db, Act::SignIn, &body.token, client).await?;
    let name = body.name.as_deref().map(str::parse::<AccountName>).transpose();
    let name = name.map_err(|fault| ApiError::invalid("name", fault))?;
    let session = registration::confirm(&app, &body.token, body.password, name).await?;
    let expires_at = session.expires_at;
    Ok(with_session(StatusCode::CREATED, &session, Session { expires_at }))
}

/// Your account
#[utoipa::path(get, path = "/v1/account", operation_id = "get_account", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, body = OwnAccount), (status = 401, body = Problem)))]
async fn get_account(login: Login) -> Json<OwnAccount> {
    Json(OwnAccount {
        id: login.account.id,
        name: login.account.name,
        role: login.account.role,
        scopes: login.scopes,
        suspended: login.suspended.is_some(),
    })
}

/// Ask for a link to set a new password
///
/// The answer does not say whether the address has an account.
#[utoipa::path(post, path = "/v1/password-links", operation_id = "request_password_link", tag = "accounts", request_body = RequestLink,
    responses((status = 202), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn request_password_link(
    State(app): State<SharedApp>,
    ClientAddress(client): ClientAddress,
    JsonBody(body): JsonBody<RequestLink>,
) -> ApiResult<StatusCode> {
    request_link(&app, client, Purpose::Password, &body).await
}

/// Ask for a link to what was bought with an address
///
/// The answer does not say whether something was.
#[utoipa::path(post, path = "/v1/library-links", operation_id = "request_library_link", tag = "accounts", request_body = RequestLink,
    responses((status = 202), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn request_library_link(
    State(app): State<SharedApp>,
    ClientAddress(client): ClientAddress,
    JsonBody(body): JsonBody<RequestLink>,
) -> ApiResult<StatusCode> {
    request_link(&app, client, Purpose::Library, &body).await
}

async fn request_link(
    app: &SharedApp,
    client: std::net::IpAddr,
    purpose: Purpose,
    body: &RequestLink,
) -> ApiResult<StatusCode> {
    let email = address(&body.email)?;
    strangers::take(&app.db, Act::MailLink, email.as_str(), client).await?;
    links::request(app, purpose, &email, None).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password by a mailed link
///
/// Ends all sessions of the account. `404 link-void`.
#[utoipa::path(post, path = "/v1/password", operation_id = "set_password", tag = "accounts", request_body = SetPassword,
    responses((status = 204), (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn set_password(
    State(app): State<SharedApp>,
    ClientAddress(client): ClientAddress,
    JsonBody(body): JsonBody<SetPassword>,
) -> ApiResult<StatusCode> {
    check_password(&body.password)?;
    strangers::take(&app.db, Act::SignIn, &body.token, client).await?;
    registration::set_password(&app, &body.token, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign in
///
/// The session is in the cookie `__Host-tradepost`, for 30 days, and 7 days after the last request. Ten attempts a minute for each
/// address and each client.
#[utoipa::path(post, path = "/v1/sessions", operation_id = "create_session", tag = "accounts", request_body = Credentials,
    responses((status = 201, body = Session), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn create_session(
    State(app): State<SharedApp>,
    ClientAddress(client): ClientAddress,
    JsonBody(body): JsonBody<Credentials>,
) -> ApiResult<Response> {
    let email = address(&body.email)?;
    strangers::take(&app.db, Act::SignIn, email.as_str(), client).await?;
    let session = sessions::sign_in(&app, &email, body.password).await?;
    let expires_at = session.expires_at;
    Ok(with_session(StatusCode::CREATED, &session, Session { expires_at }))
}

/// Sign out
#[utoipa::path(delete, path = "/v1/sessions/current", operation_id = "delete_session", tag = "accounts", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn delete_session(State(app): State<SharedApp>, login: Login) -> ApiResult<Response> {
    sessions::end(&app, &login).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, sessions::no_cookie()?)]).into_response())
}

/// Sign out everywhere
#[utoipa::path(delete, path = "/v1/sessions", operation_id = "delete_sessions", tag = "accounts", security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem)))]
async fn delete_sessions(State(app): State<SharedApp>, login: Login) -> ApiResult<Response> {
    let mut connection = app.db.acquire().await?;
    sessions::end_all(&mut connection, login.account.id).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, sessions::no_cookie()?)]).into_response())
}
