//! Counters of scans, for the metrics and for rescans that wait.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The counters of one process.
#[derive(Debug, Default)]
pub struct Meter {
    uploads_in_hand: AtomicU64,
    rescanned: Counter,
    withdrawn: Counter,
    rescans_left: Gauge,
    failures: Family<[(&'static str, &'static str); 1], Counter>,
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
        self.failures.get_or_create(&[("reason", code)]).inc();
    }

    pub fn rescanned(&self) {
        self.rescanned.inc();
    }

    pub fn withdrew(&self, items: u64) {
        self.withdrawn.inc_by(items);
    }

    pub fn set_rescans_left(&self, uploads: i64) {
        self.rescans_left.set(uploads);
    }

    /// Registers the counters for one scrape.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Files scanned again after an update of the signatures";
        registry.register("tradepost_rescanned_files", help, self.rescanned.clone());
        let help = "Items that were published and withdrawn because of what the scanner found later";
        registry.register("tradepost_withdrawn_items", help, self.withdrawn.clone());
        let help = "Published uploads that are still to be scanned with the newest signatures";
        registry.register("tradepost_rescan_uploads_left", help, self.rescans_left.clone());
        let help = "Scans that gave no verdict, by the reason";
        registry.register("tradepost_scan_failures", help, self.failures.clone());
    }
}
