//! The bearer token of a request (RFC 6750).

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::{Account, tokens};
use crate::app::SharedApp;
use crate::error::ApiError;

/// The account whose bearer token came with the request.
#[derive(Debug)]
pub struct Bearer(pub Account);

impl OptionalFromRequestParts<SharedApp> for Bearer {
    type Rejection = ApiError;

    /// `None` without the header; a bad token is refused.
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Option<Self>, ApiError> {
        if parts.headers.contains_key(AUTHORIZATION) {
            let bearer = <Self as FromRequestParts<_>>::from_request_parts(parts, app).await?;
            return Ok(Some(bearer));
        }
        Ok(None)
    }
}

impl FromRequestParts<SharedApp> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, ApiError> {
        let header = parts
            .headers
            .get(AUTHORIZATION)
            .ok_or(ApiError::Unauthorized("Send Authorization: Bearer <token>."))?;
        let token = header.to_str().ok().and_then(|text| text.split_once(' '));
        match token {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                tokens::authenticate(&app.db, token.trim()).await.map(Self)
            }
            _ => Err(ApiError::Unauthorized("Send Authorization: Bearer <token>.")),
        }
    }
}
