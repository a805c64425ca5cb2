//! Embedded metric format: log lines that CloudWatch reads as metrics
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Datum;

/// Metrics in a directive.
const MAX_METRICS: usize = 100;
/// Values of a metric in a line.
const MAX_VALUES: usize = 100;

/// One line for each combination of dimensions, and more where the limits of the format ask for it.
///
/// The format has no counts: a value that was seen more than once is written down once for each 1/100 of all values.
pub fn lines(namespace: &str, data: &[Datum]) -> Vec<String> {
    let mut groups = BTreeMap::<_, Vec<&Datum>>::new();
    for datum in data {
        groups
            .entry((&datum.dimensions, datum.at.unix_timestamp()))
            .or_default()
            .push(datum);
    }
    let lines = groups.into_values().flat_map(|group| {
        let lines = group.chunks(MAX_METRICS).map(|group| line(namespace, group));
        lines.collect::<Vec<_>>()
    });
    lines.collect()
}

fn line(namespace: &str, group: &[&Datum]) -> String {
    let first = group[0];
    let names: Vec<_> = first.dimensions.iter().map(|(name, _)| *name).collect();
    let metrics: Vec<_> = group
        .iter()
        .map(|datum| json!({ "Name": datum.name, "Unit": datum.unit.as_str() }))
        .collect();
    let directive = json!({ "Namespace": namespace, "Dimensions": [names], "Metrics": metrics });
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({ "Timestamp": first.at.unix_timestamp() * 1_000, "CloudWatchMetrics": [directive] }),
    );
    for (name, value) in &first.dimensions {
        line.insert((*name).to_owned(), Value::from(value.as_str()));
    }
    for datum in group {
        line.insert(datum.name.to_owned(), values(datum));
    }
    Value::Object(line).to_string()
}

fn values(datum: &Datum) -> Value {
    if let [(value, _)] = datum.values[..] {
        return Value::from(value);
    }
    let all: f64 = datum.values.iter().map(|(_, count)| count).sum();
    let scale = (MAX_VALUES as f64 / all).min(1.0);
    let mut written = Vec::new();
    let mut seen = 0.0;
    for (value, count) in &datum.values {
        seen += count;
        // Rounding the running sum keeps the shares exact.
        written.resize((seen * scale).round() as usize, *value);
    }
    Value::from(written)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::types::StandardUnit;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn metrics_with_the_same_dimensions_share_a_line_of_at_most_100() {
        let at = datetime!(2026-11-30 12:00 UTC);
        let depth = Datum::gauge("QueueDepth", StandardUnit::Count, 3.0, at).with_dimension("Queue", "scan");
        let mut latency = Datum::gauge("Latency", StandardUnit::Milliseconds, 0.0, at).with_dimension("Queue", "scan");
        latency.values = vec![(1.0, 300.0), (2.0, 100.0)];
        let lines = lines("Tradepost", &[depth, latency]);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            line["_aws"],
            json!({ "Timestamp": 1_796_040_000_000i64, "CloudWatchMetrics": [{ "Namespace": "Tradepost", "Dimensions": [["Queue"]],
                "Metrics": [{ "Name": "QueueDepth", "Unit": "Count" }, { "Name": "Latency", "Unit": "Milliseconds" }] }] })
        );
        assert_eq!((&line["Queue"], &line["QueueDepth"]), (&json!("scan"), &json!(3.0)));
        let values = line["Latency"].as_array().unwrap();
        let ones = values.iter().filter(|value| **value == json!(1.0)).count();
        assert_eq!((values.len(), ones), (100, 75));
    }

    #[test]
    fn more_metrics_take_more_lines() {
        let at = datetime!(2026-11-30 12:00 UTC);
        let data = vec![Datum::gauge("OpenCases", StandardUnit::Count, 1.0, at); 250];
        assert_eq!(lines("Tradepost", &data).len(), 3);
    }
}
