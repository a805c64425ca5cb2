//! The ids of a request in the log: its own, and that of the trace it belongs to.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;
use uuid::Uuid;

/// Read from the proxy, and part of every answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: &str = "traceparent";
const MAX_ID_CHARS: usize = 64;

/// The ids of one request.
#[derive(Debug)]
pub struct RequestIds {
    request: String,
    /// 32 hexadecimal digits (W3C Trace Context).
    trace: String,
}

impl RequestIds {
    /// Takes the ids that the proxy or the client sent, and makes those that are missing or not plain.
    pub fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let is_id = |id: &&str| {
            (1..=MAX_ID_CHARS).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let made = || Uuid::new_v4().simple().to_string();
        let trace = text(TRACE_PARENT).and_then(trace_id);
        Self {
            request: text(REQUEST_ID.as_str()).filter(is_id).map_or_else(made, str::to_owned),
            trace: trace.map_or_else(made, str::to_owned),
        }
    }

    /// The span around everything that is logged for the request.
    pub fn span(&self, route: Option<&str>) -> Span {
        tracing::info_span!(
            "request",
            http.request.id = self.request,
            trace.id = self.trace,
            http.route = route
        )
    }

    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.request).expect("letters, digits and hyphens")
    }
}

/// The trace id of `00-<32 hexadecimal digits>-<16>-<2>`.
fn trace_id(parent: &str) -> Option<&str> {
    let mut parts = parent.split('-');
    let id = parts.nth(1)?;
    let is_valid = id.len() == 32
        && id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        && id.bytes().any(|byte| byte != b'0');
    is_valid.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_client_are_taken_when_they_are_plain() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_static("abc-1"));
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        headers.insert(TRACE_PARENT, HeaderValue::from_static(parent));
        let ids = RequestIds::read(&headers);
        assert_eq!(
            (ids.request.as_str(), ids.trace.as_str()),
            ("abc-1", "4bf92f3577b34da6a3ce929d0e0e4736")
        );

        headers.insert(REQUEST_ID, HeaderValue::from_static("a b\"c"));
        headers.insert(TRACE_PARENT, HeaderValue::from_static("00-0000-1-1"));
        let ids = RequestIds::read(&headers);
        assert_eq!((ids.request.len(), ids.trace.len()), (32, 32));
    }
}
