//! What went wrong, in plain words, and how much it concerns.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// Why an object is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It concerns this object only.
    #[error("{0}")]
    Object(String),
    /// This object may not be read; perhaps none may.
    #[error("{0}")]
    Denied(String),
    /// Its bytes stopped coming.
    #[error("{0}")]
    Torn(String),
    /// It concerns every object: the bucket, the credentials, the network.
    #[error("{0}")]
    All(String),
}

/// Why the keys of a bucket cannot be listed.
pub fn of_listing<E>(error: &SdkError<E, HttpResponse>, server: &str) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(said) = error.as_service_error() else {
        return Fault::All(format!("no answer from {server}: {}", chain(error)));
    };
    let status = status(error);
    Fault::All(match (said.code(), status) {
        (Some("AccessDenied") | None, Some(403)) => {
            "listing it is not allowed with these credentials (it takes s3:ListBucket)".to_owned()
        }
        _ => answer(error, said),
    })
}

/// Why an object cannot be read.
pub fn of_object<E>(error: &SdkError<E, HttpResponse>, server: &str) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let Some(said) = error.as_service_error() else {
        return Fault::All(format!("no answer from {server}: {}", chain(error)));
    };
    match (said.code(), status(error)) {
        (Some("NoSuchKey"), _) => Fault::Object("was deleted after it was listed".to_owned()),
        (Some("PreconditionFailed"), _) | (None, Some(412)) => Fault::Object(changed()),
        (Some("InvalidObjectState"), _) => {
            Fault::Object("lies in an archive, and must be restored from it before it can be read".to_owned())
        }
        (Some("AccessDenied") | None, Some(403)) => {
            Fault::Denied("reading it is not allowed with these credentials (it takes s3:GetObject)".to_owned())
        }
        (code, status) if concerns_all(code) || status.is_none_or(|status| status >= 500 || status == 429) => {
            Fault::All(answer(error, said))
        }
        _ => Fault::Object(answer(error, said)),
    }
}

/// What is said of an object that is not the one that was listed.
pub fn changed() -> String {
    "was replaced after it was listed: the next run draws it".to_owned()
}

/// An error and what caused it, each cause once.
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
