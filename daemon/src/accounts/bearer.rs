//! The account of a request, for handlers.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use tradepost_common::tokens::Scope;

use super::{Account, Login, login};
use crate::app::SharedApp;
use crate::error::ApiError;

/// The account whose bearer token or session came with the request. The table of `access.rs` has let it in.
#[derive(Debug)]
pub struct Bearer(pub Account);

impl OptionalFromRequestParts<SharedApp> for Bearer {
    type Rejection = ApiError;

    /// `None` for a request without an account; a bad token is refused.
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Option<Self>, ApiError> {
        let login = match parts.extensions.get::<Login>() {
            Some(login) => Some(login.clone()),
            None => login::authenticate(app, &parts.headers).await?,
        };
        let reader = login.filter(|login| login.scopes.contains(&Scope::Read) || login.scopes.contains(&Scope::Buy));
        Ok(reader.map(|login| Self(login.account)))
    }
}

impl FromRequestParts<SharedApp> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        Login::from_request_parts(parts, app)
            .await
            .map(|login| Self(login.account))
    }
}

impl FromRequestParts<SharedApp> for Login {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        match parts.extensions.get::<Self>() {
            Some(login) => Ok(login.clone()),
            None => login::require(app, &parts.headers).await,
        }
    }
}
