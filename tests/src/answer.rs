//! A whole answer: status, headers, body.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// A whole answer of the public API.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Sends a request.
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the daemon answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            bytes: response.bytes().await.expect("the daemon answers").to_vec(),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body of a refusal, which must be a problem as RFC 9457 has it.
    pub fn problem(&self, status: StatusCode) -> Value {
        let body = self.json();
        let told = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status, status, "{told}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{told}");
        assert_eq!(body["status"], status.as_u16(), "{told}");
        assert!(
            body["code"].is_string() && body["title"].is_string() && body["type"].is_string(),
            "{told}"
        );
        body
    }
}
