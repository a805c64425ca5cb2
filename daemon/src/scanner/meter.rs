//! Counters of scans, for the metrics and for rescans that wait.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The counters of one process.
#[derive(Debug, Default)]
pub struct Meter {
    uploads_in_hand: AtomicU64,
    rescanned: AtomicU64,
    withdrawn: AtomicU64,
    rescans_left: AtomicI64,
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

/// A scan of something new, while it runs.
#[derive(Debug)]
pub struct InHand<'a>(&'a Meter);

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.uploads_in_hand.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Meter {
    /// Notes that something new is being scanned, until the answer is dropped.
    pub fn hold(&self) -> InHand<'_> {
        self.uploads_in_hand.fetch_add(1, Ordering::Relaxed);
        InHand(self)
    }

    /// True while anything new is being scanned.
    pub fn is_busy(&self) -> bool {
        self.uploads_in_hand.load(Ordering::Relaxed) > 0
    }

    /// Notes a scan that gave no verdict, by the code of its fault.
    pub fn failed(&self, code: &'static str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        *failures.entry(code).or_default() += 1;
    }

    pub fn rescanned(&self) {
        self.rescanned.fetch_add(1, Ordering::Relaxed);
    }

    pub fn withdrew(&self, items: u64) {
        self.withdrawn.fetch_add(items, Ordering::Relaxed);
    }

    pub fn set_rescans_left(&self, uploads: i64) {
        self.rescans_left.store(uploads, Ordering::Relaxed);
    }

    /// In Prometheus' text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, value: String| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{value}");
        };
        let count = |name: &str, value: u64| format!("{name} {value}");
        let (files, items) = ("tradepost_rescanned_files_total", "tradepost_withdrawn_items_total");
        let help = "Files scanned again after an update of the signatures.";
        family(
            files,
            "counter",
            help,
            count(files, self.rescanned.load(Ordering::Relaxed)),
        );
        let help = "Items that were published and withdrawn because of what the scanner found later.";
        family(
            items,
            "counter",
            help,
            count(items, self.withdrawn.load(Ordering::Relaxed)),
        );
        let left = "tradepost_rescan_uploads_left";
        let value = format!("{left} {}", self.rescans_left.load(Ordering::Relaxed));
        family(
            left,
            "gauge",
            "Published uploads that are still to be scanned with the newest signatures.",
            value,
        );
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let name = "tradepost_scan_failures_total";
        let rows: Vec<_> = failures
            .iter()
            .map(|(code, count)| format!("{name}{{reason=\"{code}\"}} {count}"))
            .collect();
        if !rows.is_empty() {
            family(
                name,
                "counter",
                "Scans that gave no verdict, by the reason.",
                rows.join("\n"),
            );
        }
        text
    }
}
