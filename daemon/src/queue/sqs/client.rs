//! The client of SQS: where it is, how long it is waited for, and what its errors say.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Region;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

use crate::aws;
use crate::config::AwsConfig;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Longer than the longest of polls.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const TRIES: u32 = 3;

/// Builds the client; credentials are looked for at the first request.
///
/// # Errors
/// When nobody says which region.
pub async fn build(config: &AwsConfig) -> anyhow::Result<Client> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_WITHIN)
        .operation_attempt_timeout(ANSWER_WITHIN)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws::http(config.endpoint.as_deref()))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES));
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &config.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let loaded = loader.load().await;
    anyhow::ensure!(
        loaded.region().is_some(),
        "neither the configuration (aws.region) nor the environment says which region of AWS"
    );
    Ok(Client::new(&loaded))
}

/// What went wrong, in the words of SQS where it answered.
pub fn fault<E>(error: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(said) => anyhow::anyhow!(
            "{}: {}",
            said.code().unwrap_or("an error without a code"),
            said.message().unwrap_or("no message")
        ),
        None => anyhow::Error::new(error),
    }
}
