//! Errors of a bucket in plain words, by what they concern.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// Reason why an object can not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It concerns this object only.
    #[error("{0}")]
    Object(String),
    /// This object may not be read; perhaps none may.
    #[error("{0}")]
    Denied(String),
    /// Its bytes stopped in the middle.
    #[error("{0}")]
    Interrupted(String),
    /// It concerns every object: the bucket, the credentials, the network.
    #[error("{0}")]
    All(String),
}

/// Error of a listing.
pub fn listing_error<E>(error: &SdkError<E, HttpResponse>, server: &str) -> ObjectError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(said) = error.as_service_error() else {
        return ObjectError::All(format!("no answer from {server}: {}", chain(error)));
    };
    let status = status(error);
    ObjectError::All(match (said.code(), status) {
        (Some("AccessDenied") | None, Some(403)) => {
            "listing it is not allowed with these credentials (it takes s3:ListBucket)".to_owned()
        }
        _ => answer(error, said),
    })
}

/// Error of one object.
pub fn object_error<E>(error: &SdkError<E, HttpResponse>, server: &str) -> ObjectError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(said) = error.as_service_error() else {
        return ObjectError::All(format!("no answer from {server}: {}", chain(error)));
    };
    match (said.code(), status(error)) {
        (Some("NoSuchKey"), _) => ObjectError::Object("was deleted after it was listed".to_owned()),
        (Some("PreconditionFailed"), _) | (None, Some(412)) => ObjectError::Object(changed()),
        (Some("InvalidObjectState"), _) => {
            ObjectError::Object("lies in an archive, and must be restored from it before it can be read".to_owned())
        }
        (Some("AccessDenied") | None, Some(403)) => {
            ObjectError::Denied("reading it is not allowed with these credentials (it takes s3:GetObject)".to_owned())
        }
        (code, status) if concerns_all(code) || status.is_none_or(|status| status >= 500 || status == 429) => {
            ObjectError::All(answer(error, said))
        }
        _ => ObjectError::Object(answer(error, said)),
    }
}

/// Message for an object that is not the one that was listed.
pub fn changed() -> String {
    "was replaced after it was listed: the next run draws it".to_owned()
}

/// An error and its causes, each once.
pub fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        next = cause.source();
    }
    words
}

fn concerns_all(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "NoSuchBucket"
                | "PermanentRedirect"
                | "AuthorizationHeaderMalformed"
                | "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "ExpiredToken"
                | "InvalidToken"
                | "RequestTimeTooSkewed"
                | "AllAccessDisabled"
        )
    )
}

fn answer<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, said: &E) -> String {
    let region = error
        .raw_response()
        .and_then(|response| response.headers().get("x-amz-bucket-region"));
    match (said.code(), region) {
        (Some("NoSuchBucket"), _) => "there is no such bucket".to_owned(),
        (Some("PermanentRedirect" | "AuthorizationHeaderMalformed"), Some(region)) => {
            format!("the bucket is in the region {region}: set AWS_REGION={region}")
        }
        (Some(code), _) => format!("{code}: {}", said.message().unwrap_or("no message")),
        (None, _) => format!("the answer was {} without a reason", status(error).unwrap_or(0)),
    }
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}
