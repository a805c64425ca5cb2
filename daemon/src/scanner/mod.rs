//! State of the scans of one process: counters, failures by message, and the wish to have the scanner checked.

mod meter;
mod strikes;

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

pub use self::meter::Meter;
pub use self::strikes::Strikes;

/// State that the scans of one process share.
#[derive(Debug)]
pub struct Scans {
    /// Notified after a scan without a verdict: the scanner is checked at once.
    pub doubts: Arc<Notify>,
    pub meter: Meter,
    pub strikes: Strikes,
    /// One permit: one upload is rescanned at a time.
    pub again: Semaphore,
}

impl Default for Scans {
    fn default() -> Self {
        Self {
            doubts: Arc::default(),
            meter: Meter::default(),
            strikes: Strikes::default(),
            again: Semaphore::new(1),
        }
    }
}
