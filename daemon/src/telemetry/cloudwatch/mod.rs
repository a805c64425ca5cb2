//! CloudWatch: metrics of a period, the limits of `PutMetricData`, and a buffer for the time in which nobody takes them.

pub mod emf;
mod put;

use std::collections::VecDeque;

use aws_sdk_cloudwatch::types::StandardUnit;
use hdrhistogram::Histogram;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use time::OffsetDateTime;

pub use put::put;

/// Values of a metric in a call.
const MAX_VALUES: usize = 150;
/// Metrics that wait while CloudWatch does not answer: more than two hours of a busy daemon.
const MAX_WAITING: usize = 20_000;

/// One metric of one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    pub name: &'static str,
    pub unit: StandardUnit,
    /// Every combination of names and values is a metric that Amazon bills.
    pub dimensions: Vec<(&'static str, String)>,
    /// Values and the number of times that each was seen, at most 150.
    pub values: Vec<(f64, f64)>,
    pub at: OffsetDateTime,
}

impl Datum {
    /// One value without dimensions.
    pub fn gauge(name: &'static str, unit: StandardUnit, value: f64, at: OffsetDateTime) -> Self {
        Self {
            name,
            unit,
            dimensions: Vec::new(),
            values: vec![(value, 1.0)],
            at,
        }
    }

    /// The recorded microseconds as milliseconds.
    pub fn latency(histogram: &Histogram<u64>, at: OffsetDateTime) -> Self {
        let recorded = histogram.iter_recorded().map(|step| {
            let value = step.value_iterated_to() as f64 / 1_000.0;
            (value, step.count_since_last_iteration() as f64)
        });
        Self {
            name: "Latency",
            unit: StandardUnit::Milliseconds,
            dimensions: Vec::new(),
            values: at_most(MAX_VALUES, recorded.collect()),
            at,
        }
    }

    #[must_use]
    pub fn with_dimension(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.dimensions.push((name, value.into()));
        self
    }
}

/// Merges neighbours until there are few enough. The counts and the mean stay as they are.
fn at_most(limit: usize, mut values: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    while values.len() > limit {
        let merge = |pair: &[(f64, f64)]| {
            let count: f64 = pair.iter().map(|(_, count)| count).sum();
            let sum: f64 = pair.iter().map(|(value, count)| value * count).sum();
            (sum / count, count)
        };
        values = values.chunks(2).map(merge).collect();
    }
    values
}

/// Metrics that wait to be sent, the oldest first.
#[derive(Debug, Default)]
pub struct Waiting(VecDeque<Datum>);

impl Waiting {
    /// Adds metrics; the oldest are dropped, and counted, when there are too many.
    pub fn add(&mut self, data: Vec<Datum>, meter: &Meter) {
        self.0.extend(data);
        let excess = self.0.len().saturating_sub(MAX_WAITING);
        self.0.drain(..excess);
        meter.dropped.inc_by(excess as u64);
    }

    pub fn as_slice(&mut self) -> &[Datum] {
        self.0.make_contiguous()
    }

    /// Forgets the oldest ones, which were sent.
    pub fn forget(&mut self, sent: usize, meter: &Meter) {
        self.0.drain(..sent);
        meter.sent.inc_by(sent as u64);
    }
}

/// Counts the metrics that were sent and those that were dropped.
#[derive(Debug, Default)]
pub struct Meter {
    pub sent: Counter,
    pub dropped: Counter,
}

impl Meter {
    pub fn register(&self, registry: &mut Registry) {
        let mut count = |name: &str, help: &str, counter: &Counter| registry.register(name, help, counter.clone());
        count(
            "tradepost_cloudwatch_sent",
            "Metrics that CloudWatch has taken",
            &self.sent,
        );
        let help = "Metrics that were dropped because CloudWatch did not answer for long";
        count("tradepost_cloudwatch_dropped", help, &self.dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_histogram_keeps_its_count_and_its_mean_within_150_values() {
        let mut histogram: Histogram<u64> = Histogram::new(2).unwrap();
        for value in (1..2_000_000).step_by(997) {
            histogram.record(value).unwrap();
        }
        let datum = Datum::latency(&histogram, OffsetDateTime::UNIX_EPOCH);
        assert!(datum.values.len() <= MAX_VALUES, "{}", datum.values.len());
        let count: f64 = datum.values.iter().map(|(_, count)| count).sum();
        let mean = datum.values.iter().map(|(value, count)| value * count).sum::<f64>() / count;
        assert_eq!(count, histogram.len() as f64);
        assert!(
            (mean * 1_000.0 / histogram.mean() - 1.0).abs() < 0.01,
            "{mean} {}",
            histogram.mean()
        );
    }

    #[test]
    fn the_oldest_metrics_are_dropped_and_counted() {
        let (mut waiting, meter) = (Waiting::default(), Meter::default());
        let datum = |value| Datum::gauge("OpenCases", StandardUnit::Count, value, OffsetDateTime::UNIX_EPOCH);
        waiting.add(vec![datum(1.0); MAX_WAITING], &meter);
        waiting.add(vec![datum(2.0); 3], &meter);
        assert_eq!(
            (waiting.as_slice().len(), meter.dropped.get(), meter.sent.get()),
            (MAX_WAITING, 3, 0)
        );
        waiting.forget(MAX_WAITING - 3, &meter);
        assert_eq!(waiting.as_slice(), vec![datum(2.0); 3]);
    }
}
