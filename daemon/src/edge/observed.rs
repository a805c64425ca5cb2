//! A request as the log, the latencies and its trace see it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tracing::Instrument as _;
use tradepost_common::latency::Scope;
use uuid::Uuid;

use crate::telemetry::latency::{Latency, Outcome};
use crate::trace::{Ended, Span, SpanKind, TraceParent};

/// Read from the proxy, and part of every answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: &str = "traceparent";
const MAX_ID_CHARS: usize = 64;

/// A request that runs.
#[derive(Debug)]
pub struct Observed {
    started: Instant,
    /// `GET /v1/items/{id}`; `None`: no route is like this.
    route: Option<String>,
    method: Method,
    id: String,
    span: Span,
}

impl Observed {
    /// Takes the ids that the proxy or the client sent, and makes those that are missing or not plain.
    pub fn start(request: &Request, matched: Option<&MatchedPath>) -> Self {
        let (method, headers) = (request.method(), request.headers());
        let is_id = |id: &&str| {
            (1..=MAX_ID_CHARS).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let made = || Uuid::new_v4().simple().to_string();
        Self {
            started: Instant::now(),
            route: matched.map(|path| format!("{method} {}", path.as_str())),
            method: method.clone(),
            id: text(headers, REQUEST_ID.as_str())
                .filter(is_id)
                .map_or_else(made, str::to_owned),
            span: span(method, request.uri().path(), text(headers, TRACE_PARENT)),
        }
    }

    /// Makes everything that `work` logs and sends known as that of this request.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let span = tracing::info_span!(
            "request",
            http.request.id = self.id,
            trace.id = self.span.trace_id(),
            http.route = self.route
        );
        self.span.within(work.instrument(span)).await
    }

    /// Records the answer. Requests without a route have no latency: anybody can make as many of them as there are paths.
    pub fn end(&self, latency: &Latency, scope: Scope, status: StatusCode) {
        let took = self.started.elapsed();
        if let Some(route) = &self.route {
            latency.record(scope, route, took, Outcome::from(status));
        }
        self.span.end(&Ended {
            name: self.route.as_deref().unwrap_or(self.method.as_str()),
            kind: SpanKind::Server,
            took,
            is_error: status.is_server_error(),
            attributes: &[
                ("http.request.method", &self.method),
                ("http.response.status_code", &status.as_u16()),
                ("http.request.id", &self.id),
            ],
        });
    }

    pub fn id(&self) -> HeaderValue {
        HeaderValue::from_str(&self.id).expect("letters, digits and hyphens")
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The client's trace, or else, of an upload's bytes and their completion, the trace with the id of the upload, or a new one.
fn span(method: &Method, path: &str, parent: Option<&str>) -> Span {
    let upload = || {
        let mut segments = path.split('/').skip_while(|segment| *segment != "uploads");
        let id = segments.nth(1).filter(|_| !method.is_safe())?;
        id.parse().ok()
    };
    match parent.and_then(TraceParent::parse) {
        Some(parent) => Span::caused_by(parent),
        None => Span::first_in(upload().unwrap_or_else(Uuid::new_v4)),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Observed {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Observed::start(&request.body(Body::empty()).unwrap(), None)
    }

    #[test]
    fn ids_of_the_client_are_taken_when_they_are_plain() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let ids = request(
            "GET",
            "/v1/items",
            &[("x-request-id", "abc-1"), ("traceparent", parent)],
        );
        assert_eq!(
            (ids.id.as_str(), ids.span.trace_id().as_str()),
            ("abc-1", "4bf92f3577b34da6a3ce929d0e0e4736")
        );
        assert_eq!(ids.span.parent.unwrap().get(), 0x00f0_67aa_0ba9_02b7);

        let made = request(
            "GET",
            "/v1/items",
            &[("x-request-id", "a b\"c"), ("traceparent", "00-0000-1-1")],
        );
        assert_eq!((made.id.len(), made.span.parent), (32, None));
    }

    #[test]
    fn bytes_and_completion_of_an_upload_are_one_trace() {
        let upload = Uuid::now_v7();
        let trace = upload.simple().to_string();
        for (method, path) in [
            ("PUT", format!("/objects/uploads/{upload}")),
            ("POST", format!("/v1/uploads/{upload}/complete")),
        ] {
            assert_eq!(request(method, &path, &[]).span.trace_id(), trace, "{path}");
        }
        let looking = request("GET", &format!("/v1/uploads/{upload}"), &[]);
        assert_ne!(looking.span.trace_id(), trace);
    }
}
