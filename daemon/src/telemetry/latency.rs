//! The one source of latency: HDR histograms by route, stage, queue and pool.
//!
//! Each keeps a total since start and a ring of six 10 s slices, so that the last minute can be told from the rest.
//! Values are microseconds from 1 to 1 hour with two significant digits.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tradepost_common::latency::{LatencyRow, Quantiles, Scope};

const SLICES: usize = 6;
const SLICE: Duration = Duration::from_secs(10);
const HIGHEST_MICROS: u64 = 3_600_000_000;
/// Routes, stages and queues are known at compile time; this only bounds a mistake.
const MAX_SERIES: usize = 512;

/// All histograms of the process.
#[derive(Debug)]
pub struct Latency {
    started: Instant,
    series: Mutex<BTreeMap<(Scope, String), Series>>,
}

#[derive(Debug)]
struct Series {
    total: Histogram<u64>,
    slices: [Histogram<u32>; SLICES],
    /// The number of the slice that is being filled, counted from the start of the process.
    slice: u64,
    total_micros: u64,
    errors: u64,
}

/// Whether an event ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Error,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            series: Mutex::new(BTreeMap::new()),
        }
    }
}

impl Latency {
    /// Records one event.
    pub fn record(&self, scope: Scope, name: &str, took: Duration, outcome: Outcome) {
        let micros = u64::try_from(took.as_micros())
            .unwrap_or(HIGHEST_MICROS)
            .clamp(1, HIGHEST_MICROS);
        let slice = self.slice_now();
        let mut series = self.lock();
        let key = (scope, name.to_owned());
        if !series.contains_key(&key) {
            if series.len() >= MAX_SERIES {
                return;
            }
            series.insert(key.clone(), Series::new(slice));
        }
        if let Some(series) = series.get_mut(&key) {
            series.record(slice, micros, outcome);
        }
    }

    /// Every series that has ever recorded an event, by scope and name.
    pub fn rows(&self) -> Vec<LatencyRow> {
        let slice = self.slice_now();
        let window = self.started.elapsed().min(SLICE * SLICES as u32).as_secs_f64().max(1.0);
        let mut series = self.lock();
        series
            .iter_mut()
            .map(|((scope, name), series)| series.row(*scope, name, slice, window))
            .collect()
    }

    /// Calls `each` with scope, name, events, errors, sum in seconds and the quantiles of all events since start.
    pub fn totals(&self, mut each: impl FnMut(Scope, &str, &Histogram<u64>, u64, f64)) {
        for ((scope, name), series) in self.lock().iter() {
            each(
                *scope,
                name,
                &series.total,
                series.errors,
                Duration::from_micros(series.total_micros).as_secs_f64(),
            );
        }
    }

    fn slice_now(&self) -> u64 {
        self.started.elapsed().as_secs() / SLICE.as_secs()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Scope, String), Series>> {
        self.series.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Series {
    fn new(slice: u64) -> Self {
        Self {
            total: histogram(),
            slices: std::array::from_fn(|_| histogram()),
            slice,
            total_micros: 0,
            errors: 0,
        }
    }

    fn record(&mut self, slice: u64, micros: u64, outcome: Outcome) {
        self.advance(slice);
        // Saturating would clamp to the size so far; these grow to the highest value there can be.
        self.total
            .record(micros)
            .expect("the histogram grows to every clamped value");
        self.slices[slice as usize % SLICES]
            .record(micros)
            .expect("the histogram grows to every clamped value");
        self.total_micros = self.total_micros.saturating_add(micros);
        self.errors += u64::from(outcome == Outcome::Error);
    }

    /// Empties the slices that have run out since the last event.
    fn advance(&mut self, slice: u64) {
        let passed = slice.saturating_sub(self.slice).min(SLICES as u64);
        for back in 0..passed {
            self.slices[(slice - back) as usize % SLICES].reset();
        }
        self.slice = slice;
    }

    fn row(&mut self, scope: Scope, name: &str, slice: u64, window_seconds: f64) -> LatencyRow {
        self.advance(slice);
        let mut recent: Histogram<u32> = histogram();
        for slice in &self.slices {
            recent.add(slice).expect("slices have the same bounds");
        }
        LatencyRow {
            scope,
            name: name.to_owned(),
            rate_per_second: recent.len() as f64 / window_seconds,
            recent: quantiles(&recent),
            total: quantiles(&self.total),
            errors: self.errors,
        }
    }
}

fn histogram<T: hdrhistogram::Counter>() -> Histogram<T> {
    let mut histogram = Histogram::new_with_bounds(1, 1_000, 2).expect("the bounds are valid");
    histogram.auto(true);
    histogram
}

fn quantiles<T: hdrhistogram::Counter>(histogram: &Histogram<T>) -> Quantiles {
    if histogram.is_empty() {
        return Quantiles::default();
    }
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    Quantiles {
        count: histogram.len(),
        p50_ms: at(0.5),
        p95_ms: at(0.95),
        p99_ms: at(0.99),
        max_ms: histogram.max() as f64 / 1_000.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_one_percent() {
        let latency = Latency::default();
        for ms in 1..=1_000 {
            latency.record(Scope::Route, "GET /v1/items", Duration::from_millis(ms), Outcome::Ok);
        }
        let row = &latency.rows()[0];
        assert_eq!(row.total.count, 1_000);
        assert!((row.total.p50_ms - 500.0).abs() < 10.0, "{row:?}");
        assert!((row.recent.p99_ms - 990.0).abs() < 15.0, "{row:?}");
        assert!((row.total.max_ms - 1_000.0).abs() < 10.0, "{row:?}");
    }

    #[test]
    fn old_slices_leave_the_last_minute() {
        let mut series = Series::new(0);
        series.record(0, 1_000_000, Outcome::Error);
        series.record(3, 1_000, Outcome::Ok);
        assert_eq!(series.row(Scope::Stage, "scan", 5, 60.0).recent.count, 2);
        assert_eq!(series.row(Scope::Stage, "scan", 6, 60.0).recent.count, 1);
        let row = series.row(Scope::Stage, "scan", 40, 60.0);
        assert_eq!((row.recent.count, row.total.count, row.errors), (0, 2, 1));
    }
}
