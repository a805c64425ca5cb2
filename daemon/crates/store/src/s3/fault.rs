//! Errors of S3 as errors of the store.

use std::error::Error;
use std::io;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// An error with the kind that callers look at, and words that name what was tried.
pub(super) fn s3_error<E>(what: &str, error: SdkError<E, HttpResponse>) -> io::Error
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    let kind = match (code, status) {
        (Some("NoSuchKey" | "NoSuchUpload" | "NoSuchVersion" | "NotFound"), _) | (None, Some(404)) => {
            io::ErrorKind::NotFound
        }
        // The name of a version that no bucket gave.
        (Some("InvalidArgument"), Some(400)) if is_about_a_version(&error) => io::ErrorKind::NotFound,
        (Some("BadDigest" | "XAmzContentSHA256Mismatch" | "InvalidDigest"), _) => io::ErrorKind::InvalidData,
        (Some("PreconditionFailed"), _) | (None, Some(412)) => io::ErrorKind::AlreadyExists,
        (Some("ConditionalRequestConflict"), _) => io::ErrorKind::ResourceBusy,
        (Some("AccessDenied"), _) | (None, Some(403)) => io::ErrorKind::PermissionDenied,
        (None, None) if matches!(error, SdkError::TimeoutError(_)) => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    let reason = match (code, status) {
        (Some(code), _) => {
            let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
            format!("{code}: {}", message.unwrap_or("no reason given"))
        }
        (None, Some(status)) => format!("the answer was {status} without a reason"),
        (None, None) => format!("no answer: {}", chain(&error)),
    };
    io::Error::new(kind, format!("{what}: {reason}"))
}

fn is_about_a_version<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
    message.is_some_and(|message| message.contains("version id"))
}

/// An error and its causes, each once.
fn chain(error: &dyn Error) -> String {
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
