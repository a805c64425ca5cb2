//! The error type of both APIs: it owns the status, the stable code and the public message.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tradepost_common::problem::{Fault, Problem};

/// An error of a request; `problem` is its public body (RFC 9457).
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("unauthorized: {0}")]
    Unauthorized(&'static str),
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// The text gives the reason to the contributor.
    #[error("the account is banned")]
    Banned(String),
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Nothing is there, without a mistake of the client.
    #[error("nothing there: {code}")]
    Nothing { code: &'static str, detail: &'static str },
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("conflict: {code}")]
    Conflict { code: &'static str, detail: String },
    #[error("invalid request")]
    Invalid(Vec<Fault>),
    /// The request is well formed but its bytes are not what they should be.
    #[error("unprocessable: {code}")]
    Unprocessable { code: &'static str, detail: String },
    #[error("gone: {code}")]
    Gone { code: &'static str, detail: String },
    #[error("too large: {0}")]
    TooLarge(String),
    #[error("rate limited")]
    RateLimited {
        limit: u32,
        retry_after_seconds: u64,
        what: &'static str,
    },
    #[error("not ready: {0}")]
    Unavailable(&'static str),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

/// The result of every handler.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub fn invalid(at: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault {
            at: at.to_owned(),
            message: message.into(),
        }])
    }

    /// Refuses a request with the fault of every check that is false: its place, its result, and what the place must be.
    pub fn unless_all<M: Into<String>>(checks: impl IntoIterator<Item = (&'static str, bool, M)>) -> ApiResult<()> {
        let wrong = checks.into_iter().filter(|(_, is_right, _)| !is_right);
        let faults: Vec<_> = wrong
            .map(|(at, _, message)| Fault {
                at: at.to_owned(),
                message: message.into(),
            })
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self::Invalid(faults))
        }
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    /// The account is banned, for the reason its contributor was given.
    pub fn banned(reason: Option<&str>) -> Self {
        let detail = format!("A moderator banned your account. {}", reason.unwrap_or_default());
        Self::Banned(detail.trim_end().to_owned())
    }

    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Unprocessable {
            code,
            detail: detail.into(),
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Banned(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::Nothing { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unprocessable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Gone { .. } => StatusCode::GONE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The public body; internal text never gets into it.
    pub fn problem(&self) -> Problem {
        let (code, title, detail) = match self {
            Self::Unauthorized(detail) => ("unauthorized", "Authentication required", Some((*detail).to_owned())),
            Self::Forbidden(detail) => ("forbidden", "Not allowed", Some(detail.clone())),
            Self::Banned(detail) => ("account-banned", "Account banned", Some(detail.clone())),
            Self::Nothing { code, detail } => (*code, "Not found", Some((*detail).to_owned())),
            Self::NotFound(what) => ("not-found", "Not found", Some(format!("There is no such {what}."))),
            Self::MethodNotAllowed => ("method-not-allowed", "Method not allowed", None),
            Self::Conflict { code, detail } => (*code, "Conflict", Some(detail.clone())),
            Self::Invalid(_) => ("invalid-request", "Invalid request", None),
            Self::Unprocessable { code, detail } => (*code, "Unprocessable content", Some(detail.clone())),
            Self::Gone { code, detail } => (*code, "Gone", Some(detail.clone())),
            Self::TooLarge(detail) => ("too-large", "Content too large", Some(detail.clone())),
            Self::RateLimited {
                limit,
                retry_after_seconds,
                what,
            } => (
                "rate-limited",
                "Too many requests",
                Some(format!(
                    "At most {limit} a minute for each {what}. Try again in {retry_after_seconds} s."
                )),
            ),
            Self::Unavailable(detail) => ("unavailable", "Service unavailable", Some((*detail).to_owned())),
            Self::Internal(_) => (
                "internal",
                "Internal error",
                Some("An internal error occurred. It is in the log of the daemon.".to_owned()),
            ),
        };
        Problem {
            kind: format!("urn:tradepost:problem:{code}"),
            status: self.status().as_u16(),
            code: code.to_owned(),
            title: title.to_owned(),
            detail,
            faults: if let Self::Invalid(faults) = self {
                faults.clone()
            } else {
                Vec::new()
            },
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(anyhow::Error::new(error).context("using the database"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(error) = &self {
            tracing::error!(error = format!("{error:#}"), "request failed");
        }
        let body = serde_json::to_vec(&self.problem()).expect("a problem is always JSON");
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Unauthorized(_) => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"tradepost\""),
                );
            }
            Self::RateLimited {
                limit,
                retry_after_seconds,
                ..
            } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
                headers.insert("ratelimit-limit", HeaderValue::from(limit));
                headers.insert("ratelimit-remaining", HeaderValue::from(0));
                headers.insert("ratelimit-reset", HeaderValue::from(retry_after_seconds));
            }
            _ => {}
        }
        response
    }
}

/// The name of the constraint that a statement violated, if it is that kind of error.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|error| error.constraint())
}
