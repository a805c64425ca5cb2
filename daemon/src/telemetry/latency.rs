//! The one source of latency: HDR histograms by route, stage, queue and pool.
//!
//! Each keeps a total since start and a ring of six 10 s slices, which make up the last minute.
//! Values are microseconds from 1 to 1 hour with two significant digits.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use hdrhistogram::Histogram;
use tradepost_common::latency::{LatencyRow, Quantiles, Scope};

use crate::trace::{self, Ended, SpanKind};

const SLICES: usize = 6;
const SLICE: Duration = Duration::from_secs(10);
const HIGHEST_MICROS: u64 = 3_600_000_000;
/// Bounds the series of a scope. Routes, stages and queues are known at compile time, so only a mistake reaches it.
const MAX_SERIES: usize = 512;
const SCOPES: [Scope; 5] = [
    Scope::Route,
    Scope::Stage,
    Scope::QueueWait,
    Scope::Pool,
    Scope::Control,
];

/// All histograms of the process.
///
/// Recording shares a read lock with every other event and waits only for events of the same series. It allocates nothing, except
/// at the first event of a series.
#[derive(Debug)]
pub struct Latency {
    started: Instant,
    /// By scope, then by name.
    series: [RwLock<BTreeMap<Box<str>, Mutex<Series>>>; SCOPES.len()],
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

/// The result of a timed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Error,
}

impl<T, E> From<&Result<T, E>> for Outcome {
    fn from(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Ok } else { Self::Error }
    }
}

/// A request failed when its status is 500 or higher.
impl From<StatusCode> for Outcome {
    fn from(status: StatusCode) -> Self {
        if status.is_server_error() {
            Self::Error
        } else {
            Self::Ok
        }
    }
}

/// All events of a series since start.
#[derive(Debug)]
pub struct Totals<'a> {
    pub histogram: &'a Histogram<u64>,
    pub errors: u64,
    pub sum_seconds: f64,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            series: Default::default(),
        }
    }
}

impl Latency {
    /// Records one event, a step of the current span if there is one.
    pub fn record(&self, scope: Scope, name: &str, took: Duration, outcome: Outcome) {
        trace::step(&Ended {
            name,
            kind: SpanKind::Internal,
            took,
            is_error: outcome == Outcome::Error,
            attributes: &[],
        });
        let micros = u64::try_from(took.as_micros())
            .unwrap_or(HIGHEST_MICROS)
            .clamp(1, HIGHEST_MICROS);
        let slice = self.slice_now();
        let all = &self.series[scope as usize];
        if let Some(series) = all.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return lock(series).record(slice, micros, outcome);
        }
        let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() < MAX_SERIES || all.contains_key(name) {
            let series = all.entry(name.into()).or_insert_with(|| Mutex::new(Series::new(slice)));
            lock(series).record(slice, micros, outcome);
        }
    }

    /// Every series that has ever recorded an event, by scope and name.
    pub fn rows(&self) -> Vec<LatencyRow> {
        let slice = self.slice_now();
        let window = self.started.elapsed().min(SLICE * SLICES as u32).as_secs_f64().max(1.0);
        let mut rows = Vec::new();
        self.each(|scope, name, series| rows.push(series.row(scope, name, slice, window)));
        rows
    }

    /// Calls `each` with scope, name and totals of every series.
    pub fn totals(&self, mut each: impl FnMut(Scope, &str, Totals<'_>)) {
        self.each(|scope, name, series| {
            let totals = Totals {
                histogram: &series.total,
                errors: series.errors,
                sum_seconds: Duration::from_micros(series.total_micros).as_secs_f64(),
            };
            each(scope, name, totals);
        });
    }

    fn each(&self, mut each: impl FnMut(Scope, &str, &mut Series)) {
        for (scope, all) in SCOPES.into_iter().zip(&self.series) {
            for (name, series) in all.read().unwrap_or_else(PoisonError::into_inner).iter() {
                each(scope, name, &mut lock(series));
            }
        }
    }

    fn slice_now(&self) -> u64 {
        self.started.elapsed().as_secs() / SLICE.as_secs()
    }
}

fn lock(series: &Mutex<Series>) -> std::sync::MutexGuard<'_, Series> {
    series.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn scopes_are_indexed_in_their_order() {
        assert_eq!(SCOPES.map(|scope| scope as usize), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn no_event_of_many_threads_is_lost() {
        const EVENTS: u64 = 20_000;
        let latency = Latency::default();
        let began = Instant::now();
        std::thread::scope(|threads| {
            for thread in 0..8 {
                let latency = &latency;
                threads.spawn(move || {
                    let own = format!("own {}", thread % 4);
                    for event in 0..EVENTS {
                        let took = Duration::from_micros(event);
                        latency.record(Scope::Stage, &own, took, Outcome::Ok);
                        latency.record(Scope::Stage, "shared", took, Outcome::Error);
                    }
                });
            }
        });
        println!("{} ns an event", began.elapsed().as_nanos() / u128::from(16 * EVENTS));
        let rows = latency.rows();
        let counts: Vec<_> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.total.count, row.errors))
            .collect();
        let own = ["own 0", "own 1", "own 2", "own 3"].map(|name| (name, 2 * EVENTS, 0));
        assert_eq!(counts, [&own[..], &[("shared", 8 * EVENTS, 8 * EVENTS)]].concat());
    }
}
