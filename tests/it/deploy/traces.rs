//! Spans arrive at a collector, which decodes them by OpenTelemetry's own definitions. `make try-otlp` builds a daemon that sends some.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use tradepost_tests::{Options, PackBuilder, TestApp};

type Requests = Arc<Mutex<Vec<ExportTraceServiceRequest>>>;

/// Takes what is sent to it.
struct Collector {
    url: String,
    requests: Requests,
}

impl Collector {
    async fn start() -> Self {
        let requests = Requests::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(requests.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, requests }
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.requests.lock().unwrap();
        let scopes = requests
            .iter()
            .flat_map(|request| &request.resource_spans)
            .flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }
}

async fn take(State(requests): State<Requests>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    requests.lock().unwrap().push(request);
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(StringValue(text)) => text,
        other => panic!("{name} is {other:?} in {span:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_one_trace_from_its_bytes_to_its_contact_sheet() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let collector = Collector::start().await;
    let mut app = TestApp::start_with(Options::default().set("TELEMETRY__OTLP_URL", &collector.url));
    let token = app.trusted("ann");
    let upload = app.upload(&token, &PackBuilder::ticks("Ticks", 2).build()).await;
    app.settled(&upload).await;
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let request = app
        .request(reqwest::Method::GET, "/v1/items")
        .header("traceparent", parent);
    assert_eq!(request.send().await.unwrap().status(), 200);
    app.sql("alter table catalogue rename to catalogue_gone").await;
    assert_eq!(app.get("/v1/items", None).await.0, 500);
    assert_eq!(app.stop(), Some(0));

    let spans = collector.spans();
    let of_upload = hex::decode(upload.replace('-', "")).unwrap();
    let (of_upload, others): (Vec<_>, Vec<_>) = spans.iter().partition(|span| span.trace_id == of_upload);
    let names: BTreeMap<_, _> = of_upload
        .iter()
        .map(|span| (span.span_id.clone(), span.name.as_str()))
        .collect();
    let parent = |span: &Span| names.get(&span.parent_span_id).copied().unwrap_or("nothing");
    let found: BTreeSet<_> = of_upload
        .iter()
        .filter(|span| span.kind() != SpanKind::Client)
        .map(|span| (span.name.as_str(), parent(span)))
        .collect();
    let complete = "POST /v1/uploads/{id}/complete";
    for expected in [
        ("PUT /objects/uploads/{id}", "nothing"),
        (complete, "nothing"),
        ("scan", complete),
        ("unpack", "scan"),
        ("render", "unpack"),
        ("render.render", "render"),
        ("render.store", "render"),
        ("preview", "render"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:#?}");
    }
    let mut statements = of_upload.iter().filter(|span| span.kind() == SpanKind::Client);
    let sent = statements.find(|span| attribute(span, "db.query.text").contains("insert into queue_messages"));
    let sent = sent.expect("a statement that sends a message");
    assert!(
        ["scan", "unpack", "render", complete].contains(&parent(sent)),
        "{sent:?}"
    );
    let scan = of_upload.iter().find(|span| span.name == "scan").unwrap();
    assert_eq!(
        (scan.kind(), attribute(scan, "messaging.destination.name")),
        (SpanKind::Consumer, "scan".to_owned())
    );
    assert!(scan.end_time_unix_nano > scan.start_time_unix_nano, "{scan:?}");

    let read: Vec<_> = others.iter().filter(|span| span.name == "GET /v1/items").collect();
    let told = read.iter().find(|span| hex::encode(&span.trace_id) == TRACE).unwrap();
    assert_eq!(hex::encode(&told.parent_span_id), "00f067aa0ba902b7");
    assert_eq!(attribute(told, "http.response.status_code"), "200");
    let failed = read.iter().find(|span| span.status.is_some()).unwrap();
    assert_eq!(failed.status.as_ref().unwrap().code(), StatusCode::Error);
    assert!(
        others
            .iter()
            .any(|span| span.name == "GET /v1/uploads/{id}" && span.kind() == SpanKind::Server),
        "control"
    );
    let text = format!("{spans:?}");
    assert!(!text.contains(&token) && !text.contains("signature="), "no secret");
}

#[tokio::test]
async fn a_collector_that_is_away_hinders_nobody() {
    let mut app = TestApp::start_with(Options::default().set("TELEMETRY__OTLP_URL", "http://127.0.0.1:9"));
    assert_eq!(app.get("/v1/items", None).await.0, 200);
    assert_eq!(app.stop(), Some(0));
}
