//! The account behind a request: by a bearer token (RFC 6750), or by the cookie of a session.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use tradepost_common::ids::TokenId;
use tradepost_common::tokens::Scope;

use super::queries::tokens;
use super::{Account, sessions};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use tradepost_store::sha256;

/// The holder of a token or a session.
#[derive(Debug, Clone)]
pub struct Login {
    pub account: Account,
    pub token: TokenId,
    pub kind: TokenKind,
    pub scopes: Vec<Scope>,
    /// The account is suspended; the text gives the reason.
    pub suspended: Option<String>,
}

tradepost_common::text_enum! {
    /// The ways in which a secret travels.
    pub enum TokenKind {
        /// In the header `Authorization`.
        Token = "token",
        /// In a cookie.
        Session = "session",
    }
}

const SEND_A_TOKEN: ApiError = ApiError::Unauthorized("Send Authorization: Bearer <token>.");

/// The account of a request. `None`: it names none, or its session is over.
///
/// # Errors
/// Unauthorized when it has a bearer token that is unknown, expired or revoked.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> ApiResult<Option<Login>> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let (scheme, secret) = header
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .ok_or(SEND_A_TOKEN)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(SEND_A_TOKEN);
        }
        let login = find(app, secret.trim(), TokenKind::Token).await?;
        let unknown = ApiError::Unauthorized("The bearer token is unknown, expired or revoked.");
        return login.ok_or(unknown).map(Some);
    }
    match cookie(headers) {
        Some(secret) => find(app, secret, TokenKind::Session).await,
        None => Ok(None),
    }
}

/// The account of a request that needs one.
///
/// # Errors
/// Unauthorized.
pub async fn require(app: &App, headers: &HeaderMap) -> ApiResult<Login> {
    authenticate(app, headers).await?.ok_or(SEND_A_TOKEN)
}

async fn find(app: &App, secret: &str, kind: TokenKind) -> ApiResult<Option<Login>> {
    let Some(owner) = tokens::find_owner(&app.db, &sha256(secret.as_bytes()), kind).await? else {
        return Ok(None);
    };
    let token = owner.login.token;
    if owner.is_use_due
        && let Err(error) = tokens::set_used(&app.db, token).await
    {
        tracing::warn!(token.id = %token, %error, "could not note the use of a token");
    }
    Ok(Some(owner.login))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let texts = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == sessions::COOKIE_NAME)
        .map(|(_, secret)| secret)
}
