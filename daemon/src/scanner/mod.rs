//! State of the scans of one process: counters, failures by message, and the wish to have the scanner checked.

mod failures;
mod meter;

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

pub use self::failures::ScannerFailures;
pub use self::meter::Meter;

/// State that the scans of one process share.
#[derive(Debug)]
pub struct Scans {
    /// Notified after a scan without a verdict: the scanner is checked at once.
    pub recheck: Arc<Notify>,
    pub meter: Meter,
    pub failures: ScannerFailures,
    /// One permit: one upload is rescanned at a time.
    pub again: Semaphore,
}

impl Default for Scans {
    fn default() -> Self {
        Self {
            recheck: Arc::default(),
            meter: Meter::default(),
            failures: ScannerFailures::default(),
            again: Semaphore::new(1),
        }
    }
}
