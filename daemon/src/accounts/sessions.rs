//! Sessions of browsers: tokens that travel in a cookie and end by themselves.

use axum::http::HeaderValue;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tradepost_common::ids::AccountId;
use tradepost_common::tokens::Scope;

use super::login::TokenKind;
use super::passwords;
use super::queries::tokens::{self, NewTokenRow};
use super::{Login, queries};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::mail::EmailAddress;
use tradepost_store::sha256;

/// A cookie of this name is for this host only, and for TLS only.
pub const COOKIE_NAME: &str = "__Host-tradepost";
/// A session ends after this time, and after [`IDLE`] without a request.
const LIFETIME: Duration = Duration::days(30);
const IDLE: Duration = Duration::days(7);

/// A new session; its secret is in the cookie only.
#[derive(Debug)]
pub struct NewSession {
    pub cookie: HeaderValue,
    pub expires_at: OffsetDateTime,
}

/// Starts a session of an account.
pub async fn start(tx: &mut PgConnection, account: AccountId) -> ApiResult<NewSession> {
    let secret = hex::encode(rand::random::<[u8; 32]>());
    let expires_at = OffsetDateTime::now_utc() + LIFETIME;
    let row = NewTokenRow {
        kind: TokenKind::Session,
        label: "",
        scopes: &Scope::ALL,
        expires_at: Some(expires_at),
        idle_seconds: i32::try_from(IDLE.whole_seconds()).ok(),
    };
    tokens::insert(tx, account, &sha256(secret.as_bytes()), &row).await?;
    Ok(NewSession {
        cookie: cookie(&secret, LIFETIME)?,
        expires_at,
    })
}

/// The cookie that a browser forgets.
pub fn no_cookie() -> ApiResult<HeaderValue> {
    cookie("", Duration::ZERO)
}

fn cookie(secret: &str, lifetime: Duration) -> ApiResult<HeaderValue> {
    let seconds = lifetime.whole_seconds();
    let text = format!("{COOKIE_NAME}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::try_from(text).map_err(|error| anyhow::Error::new(error).into())
}

/// Signs in with a password.
///
/// # Errors
/// Unauthorized, the same for an address without an account; overloaded.
pub async fn sign_in(app: &App, email: &EmailAddress, password: String) -> ApiResult<NewSession> {
    let found = queries::registration::password_of(&app.db, email.as_str()).await?;
    let (account, hash) = found.unzip();
    let is_right = passwords::is_right(app, password, hash).await?;
    let account = account.filter(|_| is_right);
    let account = account.ok_or(ApiError::Unauthorized("The address or the password is wrong."))?;
    let mut connection = app.db.acquire().await?;
    start(&mut connection, account).await
}

/// Ends the session of a request.
///
/// # Errors
/// Not found when the request has a token instead.
pub async fn end(app: &App, login: &Login) -> ApiResult<()> {
    if login.kind != TokenKind::Session {
        return Err(ApiError::NotFound("session"));
    }
    tokens::revoke(&app.db, login.token).await?;
    Ok(())
}

/// Ends all sessions of an account.
pub async fn end_all(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    tokens::revoke_sessions(tx, account).await
}
