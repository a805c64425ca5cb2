//! Request extractors whose rejections are problem+json.

mod address;
mod peer;
mod presigned;

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};

pub use self::address::ClientAddress;
pub use self::peer::{Peer, PeerCredentials};
pub use self::presigned::PresignedQuery;
use crate::error::{ApiError, ApiResult};

/// As axum's `Query`.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiError))]
pub struct Query<T>(pub T);

/// As axum's `Path`.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub struct Path<T>(pub T);

/// A JSON request body.
#[derive(Debug, FromRequest)]
#[from_request(via(axum::Json), rejection(ApiError))]
pub struct JsonBody<T>(pub T);

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid("query", rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::invalid("path", rejection.body_text())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::BytesRejection(_) => Self::TooLarge("The request body is too large.".to_owned()),
            other => Self::invalid("body", other.body_text()),
        }
    }
}

/// Parses a parameter of a query, where it is given.
///
/// # Errors
/// Invalid.
pub fn parse_param<T: FromStr<Err: Display>>(name: &str, text: Option<&str>) -> ApiResult<Option<T>> {
    text.map(str::parse)
        .transpose()
        .map_err(|error: T::Err| ApiError::invalid(name, error.to_string()))
}
