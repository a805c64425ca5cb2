//! Errors of SQS in its own words.

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// Converts an error of the SDK: code and message where SQS answered, else the cause.
pub(super) fn from_sdk<E>(error: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(answer) => anyhow::anyhow!(
            "{}: {}",
            answer.code().unwrap_or("an error without a code"),
            answer.message().unwrap_or("no message")
        ),
        None => anyhow::Error::new(error),
    }
}
