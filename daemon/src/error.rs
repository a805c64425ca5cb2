//! The error type of both APIs: it owns the status, the stable code and the public message.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tradepost_common::problem::{Fault, Problem};

use crate::quota::Quota;

/// `Retry-After` when too many requests run, and when a server or a disk has to come back.
const OVERLOADED_SECONDS: u64 = 1;
const UNAVAILABLE_SECONDS: u64 = 5;

/// Characters of the detail of a problem, and of the faults in it: they quote what the client sent.
const MAX_DETAIL: usize = 4_000;
const MAX_FAULTS: usize = 100;
const MAX_PLACE: usize = 200;
const MAX_MESSAGE: usize = 1_000;

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
    /// There is nothing to answer with, and the client made no mistake.
    #[error("nothing there: {code}")]
    Nothing { code: &'static str, detail: &'static str },
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("payment required: {code}")]
    PaymentRequired { code: &'static str, detail: String },
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
    #[error("the body did not come in time: {0}")]
    Timeout(String),
    #[error("the body is no {0}")]
    UnsupportedMediaType(&'static str),
    #[error("the range begins after the last of {size_bytes} bytes")]
    RangeNotSatisfiable { size_bytes: u64 },
    #[error("rate limited")]
    RateLimited { quota: Quota, what: &'static str },
    /// More of something than is allowed for now.
    #[error("too many: {code}")]
    TooMany {
        code: &'static str,
        detail: String,
        retry_after_seconds: u64,
    },
    #[error("not ready: {0}")]
    Unavailable(&'static str),
    /// The limit of requests that run at once is reached.
    #[error("overloaded")]
    Overloaded,
    #[error("the disk is full")]
    DiskFull,
    #[error(transparent)]
    Internal(anyhow::Error),
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
        Self::Banned(Self::ban_text(reason))
    }

    /// The text that a banned contributor reads.
    pub fn ban_text(reason: Option<&str>) -> String {
        let detail = format!("A moderator banned your account. {}", reason.unwrap_or_default());
        detail.trim_end().to_owned()
    }

    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Unprocessable {
            code,
            detail: detail.into(),
        }
    }

    /// The error of a load that several requests waited for: one of those that a read can have.
    pub fn from_shared(error: Arc<Self>) -> Self {
        match Arc::try_unwrap(error) {
            Ok(own) => own,
            Err(shared) => match *shared {
                Self::NotFound(what) => Self::NotFound(what),
                Self::Unavailable(detail) => Self::Unavailable(detail),
                Self::Invalid(ref faults) => Self::Invalid(faults.clone()),
                Self::Unprocessable { code, ref detail } => Self::unprocessable(code, detail),
                Self::DiskFull => Self::DiskFull,
                ref other => Self::Internal(anyhow::anyhow!("{other:#}")),
            },
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Banned(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::Nothing { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PaymentRequired { .. } => StatusCode::PAYMENT_REQUIRED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unprocessable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Gone { .. } => StatusCode::GONE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::RateLimited { .. } | Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
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
            Self::PaymentRequired { code, detail } => (*code, "Payment required", Some(detail.clone())),
            Self::Conflict { code, detail } => (*code, "Conflict", Some(detail.clone())),
            Self::Invalid(_) => ("invalid-request", "Invalid request", None),
            Self::Unprocessable { code, detail } => (*code, "Unprocessable content", Some(detail.clone())),
            Self::Gone { code, detail } => (*code, "Gone", Some(detail.clone())),
            Self::TooLarge(detail) => ("too-large", "Content too large", Some(detail.clone())),
            Self::Timeout(detail) => ("timeout", "Request timeout", Some(detail.clone())),
            Self::UnsupportedMediaType(expected) => (
                "unsupported-media-type",
                "Unsupported media type",
                Some(format!("Send the body with the header \"content-type: {expected}\".")),
            ),
            Self::RangeNotSatisfiable { size_bytes } => (
                "range-not-satisfiable",
                "Range not satisfiable",
                Some(format!("The file has {size_bytes} bytes.")),
            ),
            Self::RateLimited { quota, what } => (
                "rate-limited",
                "Too many requests",
                Some(format!(
                    "At most {} a minute for each {what}. Try again in {} s.",
                    quota.limit, quota.reset_seconds
                )),
            ),
            Self::TooMany { code, detail, .. } => (*code, "Too many requests", Some(detail.clone())),
            Self::Unavailable(detail) => ("unavailable", "Service unavailable", Some((*detail).to_owned())),
            Self::Overloaded => (
                "overloaded",
                "Service unavailable",
                Some(format!(
                    "Too many requests run at once. Try again in {OVERLOADED_SECONDS} s."
                )),
            ),
            Self::DiskFull => (
                "disk-full",
                "Insufficient storage",
                Some("The disk of the server is full. Try again later.".to_owned()),
            ),
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
            detail: detail.map(|detail| shorten(&detail, MAX_DETAIL)),
            faults: if let Self::Invalid(faults) = self {
                faults.iter().take(MAX_FAULTS).map(short_fault).collect()
            } else {
                Vec::new()
            },
        }
    }
}

fn short_fault(fault: &Fault) -> Fault {
    Fault {
        at: shorten(&fault.at, MAX_PLACE),
        message: shorten(&fault.message, MAX_MESSAGE),
    }
}

fn shorten(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        anyhow::Error::new(error).context("using the database").into()
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        if is_disk_full(&error) {
            tracing::warn!(error = format!("{error:#}"), "request refused: the disk is full");
            return Self::DiskFull;
        }
        if error.chain().any(|cause| cause.downcast_ref().is_some_and(is_away)) {
            tracing::warn!(
                error = format!("{error:#}"),
                "request refused: the database does not answer"
            );
            return Self::Unavailable("The database does not answer.");
        }
        if error.chain().any(|cause| cause.downcast_ref().is_some_and(is_stuck)) {
            tracing::warn!(
                error = format!("{error:#}"),
                "request refused: the disk does not answer"
            );
            return Self::Unavailable("The object store does not answer.");
        }
        Self::Internal(error)
    }
}

/// True when the disk of the objects, or that of the database, is full.
pub fn is_disk_full(error: &anyhow::Error) -> bool {
    let is_full = |error: &io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(is_full)
            || cause
                .downcast_ref::<sqlx::Error>()
                .is_some_and(|error| sqlstate(error) == Some("53100".into()))
    })
}

/// The server of the database is gone, starts, stops, or lends no connection.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // Too many connections; two requests that waited for each other; a lock or a statement took too long; shut down by its administrator; crashed; starting.
        other => sqlstate(other).is_some_and(|code| {
            let away = ["53300", "40P01", "55P03", "57014", "57P01", "57P02", "57P03"];
            away.contains(&&*code)
        }),
    }
}

fn is_stuck(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

fn sqlstate(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(|error| error.code())
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
        // The rest of the body would have to come before another request.
        if matches!(self, Self::Timeout(_) | Self::TooLarge(_)) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        match self {
            Self::Overloaded => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from(OVERLOADED_SECONDS))),
            Self::Unavailable(_) | Self::DiskFull => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(UNAVAILABLE_SECONDS));
            }
            Self::RangeNotSatisfiable { size_bytes } => {
                let range = HeaderValue::try_from(format!("bytes */{size_bytes}")).expect("digits are a header");
                headers.insert(header::CONTENT_RANGE, range);
            }
            Self::Unauthorized(_) => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"tradepost\""),
                );
            }
            Self::TooMany {
                retry_after_seconds, ..
            } => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds))),
            Self::RateLimited { quota, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(quota.reset_seconds));
                quota.tell(headers);
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
