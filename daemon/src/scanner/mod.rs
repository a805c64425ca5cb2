//! State of the scans of one process: counters, failures by message, and the wish to have the scanner checked.

mod failures;
mod meter;

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tradepost_jail::LARGE_BYTES;

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
    /// Permits for large packs and files: clamd has one priority for all, so half the cores are left to small ones.
    large: Semaphore,
}

impl Scans {
    /// Waits until so many bytes may be scanned, and holds the place while they are.
    pub async fn place(&self, size_bytes: u64) -> Option<SemaphorePermit<'_>> {
        if size_bytes <= LARGE_BYTES {
            return None;
        }
        Some(self.large.acquire().await.expect("nobody closes it"))
    }
}

impl Default for Scans {
    fn default() -> Self {
        Self {
            recheck: Arc::default(),
            meter: Meter::default(),
            failures: ScannerFailures::default(),
            again: Semaphore::new(1),
            large: Semaphore::new((available_parallelism().map_or(1, usize::from) / 2).max(1)),
        }
    }
}
