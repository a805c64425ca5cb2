//! The Prometheus text exposition (format 0.0.4) of the same numbers that the terminal shows.
//!
//! Every scrape makes a [`Registry`] and lets each part of the daemon register its metrics: counters that it keeps, and gauges that
//! are read for the scrape.

use std::fmt::{self, Debug, Write as _};

use prometheus_client::encoding::{EncodeGaugeValue, EncodeMetric, MetricEncoder, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use sqlx::PgPool;
use tradepost_common::latency::{LatencyRow, Scope};
use tradepost_common::overview::{Health, Overview};
use tradepost_common::queues::QueueRow;

use super::latency::Latency;
use super::pools::Pools;
use super::process;

pub use prometheus_text::CONTENT_TYPE;

/// A gauge with one value for each value of a label, read for one scrape.
#[derive(Debug)]
pub struct Gauges<N> {
    pub label: &'static str,
    pub rows: Vec<(String, N)>,
}

impl<N: EncodeGaugeValue> EncodeMetric for Gauges<N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (name, value) in &self.rows {
            encoder
                .encode_family(&[(self.label, name.as_str())])?
                .encode_gauge(value)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Registers the numbers of the Overview.
pub fn register_overview(registry: &mut Registry, overview: &Overview) {
    let mut gauge = |name: &str, help: &str, value: i64| registry.register(name, help, ConstGauge::new(value));
    gauge(
        "tradepost_resident_bytes",
        "Resident memory of the daemon",
        overview.process.resident_bytes.cast_signed(),
    );
    gauge(
        "tradepost_cases_open",
        "Cases that wait for a moderator",
        overview.counts.cases_open,
    );
    gauge(
        "tradepost_items_published",
        "Items in the catalogue",
        overview.counts.items_published,
    );
    let up = overview
        .parts
        .iter()
        .map(|part| (part.name.clone(), i64::from(part.health == Health::Ok)));
    let up = Gauges {
        label: "part",
        rows: up.collect(),
    };
    registry.register("tradepost_part_up", "1 when the part is healthy", up);
    let alerts = Gauges {
        label: "code",
        rows: overview.alerts.iter().map(|alert| (alert.code.clone(), 1i64)).collect(),
    };
    registry.register("tradepost_alert", "1 while the alert is raised", alerts);
}

/// Registers the numbers of the queues.
pub fn register_queues(registry: &mut Registry, queues: &[QueueRow]) {
    fn gauges<N>(queues: &[QueueRow], value: impl Fn(&QueueRow) -> N) -> Gauges<N> {
        Gauges {
            label: "queue",
            rows: queues
                .iter()
                .map(|queue| (queue.name.to_string(), value(queue)))
                .collect(),
        }
    }
    let mut count = |name: &str, help: &str, value: fn(&QueueRow) -> i64| {
        registry.register(name, help, gauges(queues, value));
    };
    count("tradepost_queue_depth", "Messages ready to be received", |queue| {
        queue.depth
    });
    let help = "Messages received and not yet deleted";
    count("tradepost_queue_in_flight", help, |queue| queue.in_flight);
    count(
        "tradepost_queue_delayed",
        "Messages that are not visible yet",
        |queue| queue.delayed,
    );
    count("tradepost_queue_dead_letters", "Dead letters of the queue", |queue| {
        queue.dead
    });
    let help = "1 while the queue is paused";
    count("tradepost_queue_paused", help, |queue| i64::from(queue.paused));
    let age = gauges(queues, |queue| queue.oldest_age_seconds.unwrap_or(0.0));
    registry.register(
        "tradepost_queue_oldest_age_seconds",
        "Age of the oldest ready message",
        age,
    );
}

/// Registers processor time and the connections to the database.
pub fn register_process(registry: &mut Registry, pools: &Pools) {
    let seconds = ConstCounter::new(process::cpu_seconds());
    registry.register("tradepost_cpu_seconds", "Processor time of the daemon", seconds);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as i64);
    registry.register(
        "tradepost_cpu_cores",
        "Cores that the daemon may use",
        ConstGauge::new(cores),
    );
    let mut gauge = |name: &str, help: &str, value: fn(&PgPool) -> i64| {
        let rows = pools.each(|name, pool| (name.to_owned(), value(pool)));
        registry.register(name, help, Gauges { label: "pool", rows });
    };
    gauge(
        "tradepost_pool_connections_busy",
        "Connections to the database in use",
        |pool| i64::from(pool.size()) - pool.num_idle() as i64,
    );
    gauge(
        "tradepost_pool_connections_max",
        "Connections that the pool may open",
        |pool| i64::from(pool.options().get_max_connections()),
    );
}

/// Encodes the registered metrics, the errors and the latencies.
pub fn encode(mut registry: Registry, latency: &Latency) -> String {
    let errors = Family::<[(&'static str, String); 2], Counter>::default();
    let summaries = summaries(latency, &errors);
    let recent = RecentLatency(latency.rows());
    let help = "Time below which 95 of 100 events of the last minute stayed";
    registry.register("tradepost_latency_recent_p95_seconds", help, recent);
    registry.register("tradepost_errors", "Events that ended in an error", errors);
    let mut text = String::with_capacity(16 * 1024);
    prometheus_text::encode(&mut text, &registry).expect("writing to a string does not fail");
    text + &summaries
}

/// The 95th percentiles of the last minute: quantiles since the start can not show that something is slow now.
#[derive(Debug)]
struct RecentLatency(Vec<LatencyRow>);

impl EncodeMetric for RecentLatency {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for row in self.0.iter().filter(|row| row.recent.count > 0) {
            encoder
                .encode_family(&[("scope", scope_name(row.scope)), ("name", row.name.as_str())])?
                .encode_gauge(&(row.recent.p95_ms / 1e3))?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|row| row.recent.count == 0)
    }
}

/// The latencies as a summary, a type that the crate does not have.
fn summaries(latency: &Latency, errors: &Family<[(&'static str, String); 2], Counter>) -> String {
    let name = "tradepost_latency_seconds";
    let mut text = format!(
        "# HELP {name} Time by route, pipeline stage, queue wait and pool since start.\n# TYPE {name} summary\n"
    );
    latency.totals(|scope, series, totals| {
        let scope = scope_name(scope);
        errors
            .get_or_create(&[("scope", scope.to_owned()), ("name", series.to_owned())])
            .inc_by(totals.errors);
        let escaped = series.replace('\\', "\\\\").replace('"', "\\\"");
        let labels = format!("scope=\"{scope}\",name=\"{escaped}\"");
        for quantile in [0.5, 0.95, 0.99] {
            let seconds = totals.histogram.value_at_quantile(quantile) as f64 / 1e6;
            let _ = writeln!(text, "{name}{{{labels},quantile=\"{quantile}\"}} {seconds}");
        }
        let (sum, count) = (totals.sum_seconds, totals.histogram.len());
        let _ = writeln!(text, "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}");
    });
    text
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Route => "route",
        Scope::Stage => "stage",
        Scope::QueueWait => "queue_wait",
        Scope::Pool => "pool",
        Scope::Control => "control",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::latency::Outcome;
    use std::time::Duration;

    #[test]
    fn a_scrape_has_the_documented_names_and_labels() {
        let mut registry = Registry::default();
        let parts = Gauges {
            label: "part",
            rows: vec![("scanner".to_owned(), 1i64)],
        };
        registry.register("tradepost_part_up", "1 when the part is healthy", parts);
        let failures = Family::<[(&'static str, &'static str); 1], Counter>::default();
        failures.get_or_create(&[("reason", "timeout")]).inc();
        registry.register("tradepost_scan_failures", "Scans that gave no verdict", failures);
        let latency = Latency::default();
        latency.record(Scope::Route, "GET /a\"b", Duration::from_secs(2), Outcome::Error);
        let text = encode(registry, &latency);
        assert_eq!(
            text,
            r#"# HELP tradepost_part_up 1 when the part is healthy.
# TYPE tradepost_part_up gauge
tradepost_part_up{part="scanner"} 1
# HELP tradepost_scan_failures_total Scans that gave no verdict.
# TYPE tradepost_scan_failures_total counter
tradepost_scan_failures_total{reason="timeout"} 1
# HELP tradepost_latency_recent_p95_seconds Time below which 95 of 100 events of the last minute stayed.
# TYPE tradepost_latency_recent_p95_seconds gauge
tradepost_latency_recent_p95_seconds{scope="route",name="GET /a\"b"} 2.007039
# HELP tradepost_errors_total Events that ended in an error.
# TYPE tradepost_errors_total counter
tradepost_errors_total{scope="route",name="GET /a\"b"} 1
# HELP tradepost_latency_seconds Time by route, pipeline stage, queue wait and pool since start.
# TYPE tradepost_latency_seconds summary
tradepost_latency_seconds{scope="route",name="GET /a\"b",quantile="0.5"} 2.007039
tradepost_latency_seconds{scope="route",name="GET /a\"b",quantile="0.95"} 2.007039
tradepost_latency_seconds{scope="route",name="GET /a\"b",quantile="0.99"} 2.007039
tradepost_latency_seconds_sum{scope="route",name="GET /a\"b"} 2
tradepost_latency_seconds_count{scope="route",name="GET /a\"b"} 1
"#
        );
    }
}
