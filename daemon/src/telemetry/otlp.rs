//! Hands spans to an OpenTelemetry collector: OTLP over HTTP as protobuf, in batches, from a thread of its own. Nobody waits for it; spans
//! that do not fit into its queue are dropped.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind as Kind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Config;
use crate::trace::{self, Ended, Span, SpanKind};

const PATH: &str = "/v1/traces";
/// The target of the events of sqlx, one for each statement that has ended.
const STATEMENTS: &str = "sqlx::query";
/// At the end, the last spans have this time to leave.
const FLUSH: Duration = Duration::from_secs(3);

/// Sends until it is dropped.
#[derive(Debug)]
pub struct Exporter(Arc<BatchSpanProcessor>);

impl Exporter {
    /// Starts sending; `None`: `telemetry.otlp_url` is not set.
    pub fn start(config: &Config) -> anyhow::Result<Option<Self>> {
        let Some(url) = &config.telemetry.otlp_url else {
            return Ok(None);
        };
        // An error: it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}{PATH}", url.trim_end_matches('/')))
            .build()
            .context("starting the client of telemetry.otlp_url")?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        processor.set_resource(&resource(config));
        let processor = Arc::new(processor);
        let (sender, scope) = (processor.clone(), InstrumentationScope::builder("tradepostd").build());
        let ratio = config.telemetry.sample_ratio;
        trace::export_to(Box::new(move |span, ended| {
            if is_sampled(span, ratio) {
                sender.on_end(data(span, ended, scope.clone()));
            }
        }));
        Ok(Some(Self(processor)))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH) {
            tracing::warn!(%error, "could not send the last spans");
        }
    }
}

fn resource(config: &Config) -> Resource {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = config.daemon.name.clone().unwrap_or_else(|| host.trim().to_owned());
    let region = config.daemon.region.as_ref().or(config.aws.region.as_ref());
    Resource::builder()
        .with_service_name("tradepostd")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", name))
        .with_attributes(region.map(|region| KeyValue::new("cloud.region", region.clone())))
        .build()
}

/// All programs with the same ratio keep the same traces.
fn is_sampled(span: Span, ratio: f64) -> bool {
    let low = (span.own.trace.get() as u64) >> 1;
    ratio >= 1.0 || (low as f64) < ratio * (1_u64 << 63) as f64
}

fn data(span: Span, ended: &Ended<'_>, scope: InstrumentationScope) -> SpanData {
    let trace = TraceId::from(span.own.trace.get());
    let id = SpanId::from(span.own.span.get());
    let end_time = SystemTime::now();
    let attributes = ended.attributes.iter();
    SpanData {
        span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: span.parent.map_or(SpanId::INVALID, |parent| SpanId::from(parent.get())),
        parent_span_is_remote: matches!(ended.kind, SpanKind::Server | SpanKind::Consumer),
        span_kind: match ended.kind {
            SpanKind::Server => Kind::Server,
            SpanKind::Consumer => Kind::Consumer,
            SpanKind::Client => Kind::Client,
            SpanKind::Internal => Kind::Internal,
        },
        name: Cow::Owned(ended.name.to_owned()),
        start_time: end_time - ended.took,
        end_time,
        attributes: attributes
            .map(|(name, value)| KeyValue::new(*name, value.to_string()))
            .collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: if ended.is_error {
            Status::error("")
        } else {
            Status::Unset
        },
        instrumentation_scope: scope,
    }
}

/// Makes a span of each statement that the database has answered. Its values are parameters, so that it has none of them.
pub fn statements<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    StatementSpans.with_filter(Targets::new().with_target(STATEMENTS, LevelFilter::DEBUG))
}

struct StatementSpans;

impl<S: Subscriber> Layer<S> for StatementSpans {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        trace::step(&Ended {
            name: &statement.summary,
            kind: SpanKind::Client,
            took: Duration::try_from_secs_f64(statement.seconds).unwrap_or_default(),
            is_error: false,
            attributes: &[
                ("db.system.name", &"postgresql"),
                ("db.query.text", &statement.text.trim()),
            ],
        });
    }
}

/// The fields of an event of sqlx.
#[derive(Default)]
struct Statement {
    /// Its first words.
    summary: String,
    /// Empty when the summary is all of it.
    text: String,
    seconds: f64,
}

impl Visit for Statement {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
