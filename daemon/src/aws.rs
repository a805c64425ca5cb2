//! Settings and HTTP client of the AWS SDKs.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::config::AwsConfig;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_TRIES: u32 = 3;

/// The settings of a client as configured. `answer` is the time for one try. Credentials are looked for at the first request.
///
/// # Errors
/// Nothing says which region.
pub async fn load(config: &AwsConfig, answer: Duration) -> anyhow::Result<SdkConfig> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(answer)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http(config.endpoint.as_deref()))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_TRIES));
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
    Ok(loaded)
}

/// Makes the HTTP client for an endpoint, or for Amazon's own. The certificates of the machine are only loaded for an endpoint that needs them.
pub fn http(endpoint: Option<&str>) -> SharedHttpClient {
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return Builder::new().build_http();
    }
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
