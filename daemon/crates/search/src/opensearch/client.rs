//! Calls of OpenSearch, or of Elasticsearch, which has the same ones.

use std::fmt;

use anyhow::Context as _;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;
use tokio::runtime::Handle;

/// The server does not answer, or not now.
#[derive(Debug)]
pub struct Unreachable(String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenSearch does not answer: {}", self.0)
    }
}

impl std::error::Error for Unreachable {}

/// A server, called from threads that may block.
pub struct Client {
    http: reqwest::Client,
    runtime: Handle,
    base: Url,
}

impl Client {
    pub fn new(http: reqwest::Client, runtime: Handle, base: Url) -> Self {
        Self { http, runtime, base }
    }

    /// The answer with its status, which may be that of a failure.
    pub fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(StatusCode, Value)> {
        let request = self.request(method, path)?;
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    /// The answer to a request that must succeed.
    pub fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let (status, answer) = self.call(method, path, body)?;
        succeeded(path, status, answer)
    }

    /// Sends lines of JSON that index and delete documents. Answers that are refused as older than what is there are no failure.
    pub fn bulk(&self, index: &str, refresh: bool, lines: String) -> anyhow::Result<()> {
        let path = format!("{index}/_bulk?refresh={refresh}");
        let request = self
            .request(Method::POST, &path)?
            .header("content-type", "application/x-ndjson")
            .body(lines);
        let (status, answer) = self.send(request)?;
        let answer = succeeded(&path, status, answer)?;
        let items = answer["items"].as_array().into_iter().flatten();
        let outcomes = items.filter_map(|item| item.as_object()?.values().next());
        let failed = outcomes
            .filter(|outcome| !matches!(outcome["status"].as_u64(), Some(200 | 201 | 404 | 409)))
            .map(|outcome| outcome["error"].to_string())
            .next();
        match failed {
            Some(error) => anyhow::bail!("OpenSearch refused a document: {error}"),
            None => Ok(()),
        }
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.base.join(path).context("an address of OpenSearch")?;
        Ok(self.http.request(method, url))
    }

    fn send(&self, request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
        let answered = async {
            let answer = request.send().await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        };
        let (status, body) = self
            .runtime
            .block_on(answered)
            .map_err(|error| Unreachable(format!("{:#}", anyhow::Error::new(error.without_url()))))?;
        if matches!(status.as_u16(), 429 | 502..=504) {
            return Err(Unreachable(format!("status {status}")).into());
        }
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

fn succeeded(path: &str, status: StatusCode, answer: Value) -> anyhow::Result<Value> {
    anyhow::ensure!(
        status.is_success(),
        "OpenSearch answers {status} to {path}: {}",
        answer["error"]
    );
    Ok(answer)
}
