//! The three requests of an upload, and the question how it goes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{CONTENT_LENGTH, RETRY_AFTER};
use reqwest::{Body, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, RuleCount, StageTime, UploadRow};

use crate::client::problem_from;

const CHUNK_BYTES: usize = 256 << 10;
/// The interval of progress messages while bytes go out.
const TELL: Duration = Duration::from_millis(100);
const ANSWER: Duration = Duration::from_secs(30);

/// The reason why an upload failed.
#[derive(Debug)]
pub enum ApiError {
    /// The API said no, in its words.
    Refused(String),
    /// Nobody answered.
    Away(String),
}

/// The public API with a contributor's token.
pub struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
}

#[derive(Serialize)]
pub struct Start {
    pub file_name: String,
    pub size_bytes: u64,
    pub sha256: String,
}

pub enum Started {
    Upload(UploadStarted),
    /// Too many uploads a minute: wait that long.
    TooMany(Duration),
}

#[derive(Deserialize)]
pub struct UploadStarted {
    pub id: UploadId,
    pub put: Put,
}

/// The presigned URL and its headers.
#[derive(Deserialize)]
pub struct Put {
    pub url: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// An upload as the public API shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublicTrace {
    pub upload: UploadRow,
    #[serde(default)]
    pub stages: Vec<StageTime>,
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub finding_counts: Vec<RuleCount>,
}

impl Api {
    pub fn new(base: &str, token: &str) -> anyhow::Result<Self> {
        anyhow::ensure!(
            base.starts_with("http://") || base.starts_with("https://"),
            "{base}: the API must be an http:// or https:// address"
        );
        let http = reqwest::Client::builder()
            .user_agent(concat!("tradepost/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        })
    }

    pub async fn start(&self, start: &Start) -> Result<Started, ApiError> {
        let request = self.http.post(format!("{}/v1/uploads", self.base)).json(start);
        let response = self.send(self.authorised(request)).await?;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            return Ok(Started::TooMany(retry_after(&response)));
        }
        json(checked(response).await?).await.map(Started::Upload)
    }

    /// Streams the file; `told` hears how many bytes went out.
    pub async fn put(&self, put: &Put, path: &Path, size: u64, mut told: impl FnMut(u64)) -> Result<(), ApiError> {
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|e| ApiError::Refused(format!("cannot be read: {e}")))?;
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let chunks = ReaderStream::with_capacity(file, CHUNK_BYTES).inspect(move |chunk| {
            if let Ok(bytes) = chunk {
                counted.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            }
        });
        let mut request = self.http.put(&put.url);
        for (name, value) in &put.headers {
            request = request.header(name, value);
        }
        if !put
            .headers
            .keys()
            .any(|name| name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()))
        {
            request = request.header(CONTENT_LENGTH, size);
        }
        let mut answer = std::pin::pin!(request.body(Body::wrap_stream(chunks)).send());
        loop {
            tokio::select! {
                response = &mut answer => {
                    let response = response.map_err(|e| away(&e))?;
                    return checked(response).await.map(drop);
                }
                () = tokio::time::sleep(TELL) => told(sent.load(Ordering::Relaxed)),
            }
        }
    }

    pub async fn complete(&self, id: UploadId) -> Result<(), ApiError> {
        let request = self.http.post(format!("{}/v1/uploads/{id}/complete", self.base));
        checked(self.send(self.authorised(request)).await?).await.map(drop)
    }

    pub async fn trace(&self, id: UploadId) -> Result<PublicTrace, ApiError> {
        let request = self.http.get(format!("{}/v1/uploads/{id}", self.base));
        let response = self.send(self.authorised(request)).await?;
        // Asking too often or a daemon in trouble is no verdict on the pack.
        if response.status() == StatusCode::TOO_MANY_REQUESTS || response.status().is_server_error() {
            return Err(ApiError::Away(format!("the API answers {}", response.status())));
        }
        json(checked(response).await?).await
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token).timeout(ANSWER)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        request.send().await.map_err(|e| away(&e))
    }
}

fn retry_after(response: &Response) -> Duration {
    let seconds = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(5).clamp(1, 120))
}

async fn checked(response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.bytes().await.unwrap_or_default();
    Err(ApiError::Refused(problem_from(status, &body).to_string()))
}

async fn json<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, ApiError> {
    let bytes = response.bytes().await.map_err(|e| away(&e))?;
    serde_json::from_slice(&bytes).map_err(|e| ApiError::Refused(format!("the API's answer cannot be read: {e}")))
}

/// A signed URL is a secret for as long as it is good: it stays out of messages.
fn away(error: &reqwest::Error) -> ApiError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let host = error.url().map_or_else(String::new, |url| {
        let port = url.port().map_or_else(String::new, |p| format!(":{p}"));
        format!("{}://{}{port}: ", url.scheme(), url.host_str().unwrap_or_default())
    });
    if error.is_timeout() {
        return ApiError::Away(format!("{host}no answer"));
    }
    ApiError::Away(format!("{host}{cause}"))
}
