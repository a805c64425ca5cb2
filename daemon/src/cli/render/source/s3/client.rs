//! Client of a bucket: endpoint, credentials, region and timeouts.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, ProvideCredentials as _, Region};
use tradepostd::aws;

use super::{Access, Location};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Limit on the time until an answer begins.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Tries of every request.
pub const TRIES: u32 = 3;
/// Region for other servers than Amazon's, which accept any.
const ANY_REGION: &str = "us-east-1";
/// Message of the SDK when there are no credentials anywhere.
const NONE_FOUND: &str = "the credential provider was not enabled";
/// Read here as well as by the SDK, because the HTTP client depends on them.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// Client for one location.
#[derive(Clone)]
pub struct BucketClient {
    pub client: Client,
    pub location: Arc<Location>,
    /// Server, for error messages.
    pub server: String,
    pub page_keys: i32,
}

impl BucketClient {
    /// Finds endpoint, region and credentials.
    pub async fn new(location: &Location, access: &Access) -> anyhow::Result<Self> {
        let endpoint = access.endpoint.clone().or_else(endpoint_of_environment);
        if let Some(url) = &endpoint {
            let is_url = url.starts_with("http://") || url.starts_with("https://");
            ensure!(is_url, "the endpoint {url:?} is not a URL (http:// or https://)");
        }
        let config = load(endpoint.as_deref()).await;
        let endpoint = endpoint.or_else(|| config.endpoint_url().map(str::to_owned));
        let region = match (config.region(), &endpoint) {
            (Some(region), _) => region.clone(),
            (None, Some(_)) => Region::new(ANY_REGION),
            (None, None) => {
                bail!("nobody says which region of AWS the bucket is in: set AWS_REGION, or use a profile that has one")
            }
        };
        credentials(&config).await?;
        let server = endpoint
            .clone()
            .unwrap_or_else(|| format!("Amazon S3 in the region {region}"));
        let mut builder = Builder::from(&config).region(region);
        if let Some(url) = endpoint {
            // Only Amazon's buckets are host names.
            builder = builder.endpoint_url(url).force_path_style(true);
        }
        Ok(Self {
            client: Client::from_conf(builder.build()),
            location: Arc::new(location.clone()),
            server,
            page_keys: access.page_keys,
        })
    }
}

async fn load(endpoint: Option<&str>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ANSWER_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws::http(endpoint))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .load()
        .await
}

async fn credentials(config: &SdkConfig) -> anyhow::Result<()> {
    let advice = "there are no credentials of AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in AWS_PROFILE";
    let provider = config.credentials_provider().context(advice)?;
    let Err(error) = provider.provide_credentials().await else {
        return Ok(());
    };
    if error.to_string() == NONE_FOUND {
        bail!("{advice}");
    }
    Err(anyhow::Error::new(error).context("looking for credentials of AWS"))
}

fn endpoint_of_environment() -> Option<String> {
    let of = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
    ENDPOINTS.into_iter().find_map(of)
}
