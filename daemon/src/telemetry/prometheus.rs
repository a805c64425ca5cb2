//! The Prometheus text exposition (format 0.0.4) of the same numbers that the terminal shows.

use std::fmt::Write as _;

use tradepost_common::latency::Scope;
use tradepost_common::overview::{Health, Overview};
use tradepost_common::queues::QueueRow;

use super::latency::Latency;

/// Renders one scrape.
pub fn render(overview: &Overview, queues: &[QueueRow], latency: &Latency) -> String {
    let mut text = String::with_capacity(16 * 1024);
    gauge(
        &mut text,
        "tradepost_resident_bytes",
        "Resident memory of the daemon.",
        &[("", overview.process.resident_bytes as f64)],
    );
    let up: Vec<_> = overview
        .parts
        .iter()
        .map(|part| {
            (
                format!("part=\"{}\"", part.name),
                f64::from(u8::from(part.health == Health::Ok)),
            )
        })
        .collect();
    family(
        &mut text,
        "tradepost_part_up",
        "gauge",
        "1 when the part is healthy.",
        &up,
    );
    let alerts: Vec<_> = overview
        .alerts
        .iter()
        .map(|alert| (format!("code=\"{}\"", alert.code), 1.0))
        .collect();
    family(
        &mut text,
        "tradepost_alert",
        "gauge",
        "1 while the alert is raised.",
        &alerts,
    );
    queue_gauges(&mut text, queues);
    let counts = &overview.counts;
    gauge(
        &mut text,
        "tradepost_cases_open",
        "Cases that wait for a moderator.",
        &[("", counts.cases_open as f64)],
    );
    gauge(
        &mut text,
        "tradepost_items_published",
        "Items in the catalogue.",
        &[("", counts.items_published as f64)],
    );
    summaries(&mut text, latency);
    text
}

fn queue_gauges(text: &mut String, queues: &[QueueRow]) {
    let mut each = |name: &str, help: &str, value: fn(&QueueRow) -> f64| {
        let rows: Vec<_> = queues
            .iter()
            .map(|queue| (format!("queue=\"{}\"", queue.name), value(queue)))
            .collect();
        family(text, name, "gauge", help, &rows);
    };
    each("tradepost_queue_depth", "Messages ready to be received.", |queue| {
        queue.depth as f64
    });
    each(
        "tradepost_queue_in_flight",
        "Messages received and not yet deleted.",
        |queue| queue.in_flight as f64,
    );
    each(
        "tradepost_queue_delayed",
        "Messages that are not visible yet.",
        |queue| queue.delayed as f64,
    );
    each("tradepost_queue_dead_letters", "Dead letters of the queue.", |queue| {
        queue.dead as f64
    });
    each(
        "tradepost_queue_oldest_age_seconds",
        "Age of the oldest ready message.",
        |queue| queue.oldest_age_seconds.unwrap_or(0.0),
    );
    each("tradepost_queue_paused", "1 while the queue is paused.", |queue| {
        f64::from(u8::from(queue.paused))
    });
}

fn summaries(text: &mut String, latency: &Latency) {
    let name = "tradepost_latency_seconds";
    let _ = writeln!(
        text,
        "# HELP {name} Time by route, pipeline stage, queue wait and pool since start.\n# TYPE {name} summary"
    );
    let mut errors = Vec::new();
    latency.totals(|scope, series, histogram, failed, sum| {
        let labels = format!(
            "scope=\"{}\",name=\"{}\"",
            scope_name(scope),
            series.replace('\\', "\\\\").replace('"', "\\\"")
        );
        for quantile in [0.5, 0.95, 0.99] {
            let seconds = histogram.value_at_quantile(quantile) as f64 / 1e6;
            let _ = writeln!(text, "{name}{{{labels},quantile=\"{quantile}\"}} {seconds}");
        }
        let _ = writeln!(
            text,
            "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {}",
            histogram.len()
        );
        errors.push((labels, failed as f64));
    });
    family(
        text,
        "tradepost_errors_total",
        "counter",
        "Events that ended in an error.",
        &errors,
    );
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

fn gauge(text: &mut String, name: &str, help: &str, rows: &[(&str, f64)]) {
    let rows: Vec<_> = rows
        .iter()
        .map(|(labels, value)| ((*labels).to_owned(), *value))
        .collect();
    family(text, name, "gauge", help, &rows);
}

fn family(text: &mut String, name: &str, kind: &str, help: &str, rows: &[(String, f64)]) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in rows {
        let _ = match labels.as_str() {
            "" => writeln!(text, "{name} {value}"),
            labels => writeln!(text, "{name}{{{labels}}} {value}"),
        };
    }
}
