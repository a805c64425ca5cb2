//! Request extractors whose rejections are problem+json.

mod address;
mod number;
mod peer;
mod presigned;
mod reads;
mod text;

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

pub use self::address::{ClientAddress, Origin};
pub use self::peer::{Peer, PeerCredentials};
pub use self::presigned::PresignedQuery;
pub use self::reads::{Reads, ReadsFrom};
pub use self::text::described;
use crate::error::{ApiError, ApiResult};

/// A JSON body is small, and comes in one go.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// As axum's `Query`, without hidden characters.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)?;
        pairs
            .iter()
            .try_for_each(|(name, value)| text::check_parameter(name, value))?;
        Ok(Self(axum::extract::Query::try_from_uri(&parts.uri)?.0))
    }
}

/// As axum's `Path`, without hidden characters.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        if let Ok(params) = RawPathParams::from_request_parts(parts, state).await {
            params
                .iter()
                .try_for_each(|(name, value)| text::check_parameter(name, value))?;
        }
        Ok(Self(axum::extract::Path::from_request_parts(parts, state).await?.0))
    }
}

/// A JSON request body, without hidden characters, which comes within 10 s.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let FileBody(bytes) = FileBody::from_request(request, state).await?;
        text::check_json(&bytes)?;
        let request = Request::from_parts(parts, Body::from(number::cut_zero_fractions(bytes)));
        Ok(Self(axum::Json::from_request(request, state).await?.0))
    }
}

/// The bytes of a request body, which come within 10 s.
#[derive(Debug)]
pub struct FileBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for FileBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        match timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await {
            Ok(bytes) => Ok(Self(bytes.map_err(JsonRejection::from)?)),
            Err(_) => {
                let detail = format!("The body did not arrive within {} s.", BODY_TIMEOUT.as_secs());
                Err(ApiError::Timeout(detail))
            }
        }
    }
}

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
            JsonRejection::BytesRejection(BytesRejection::FailedToBufferBody(
                FailedToBufferBody::LengthLimitError(_),
            )) => Self::TooLarge("The request body is too large.".to_owned()),
            JsonRejection::BytesRejection(_) => Self::invalid("body", "ended before it was complete"),
            JsonRejection::MissingJsonContentType(_) => Self::UnsupportedMediaType("application/json"),
            other => Self::invalid("body", without_struct(&other.body_text())),
        }
    }
}

/// serde tells the name of a struct of this program; clients know it as an object.
fn without_struct(text: &str) -> String {
    const STRUCT: &str = "expected struct ";
    let Some((before, rest)) = text.split_once(STRUCT) else {
        return text.to_owned();
    };
    let after = rest.trim_start_matches(char::is_alphanumeric);
    format!("{before}expected an object{after}")
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
