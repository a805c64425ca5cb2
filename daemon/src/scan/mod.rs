//! What is in the bytes: their type by magic, and malware by clamd. Again after an update of the signatures.
//!
//! Promise: nothing is published without a `clean` verdict for its exact bytes. Unscannable is not clean; a scanner that is away,
//! fails, or has old signatures means waiting, and waiting uses up no attempt. What is found later is withdrawn.

pub mod clamd;
pub mod job;
pub mod meter;
pub mod pinned;
mod queries;
pub mod rescan;
pub mod service;
pub mod waiting;
pub mod withdraw;

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

/// What the scans of one process share.
#[derive(Debug)]
pub struct Scans {
    /// Rung by whoever got no verdict; the keeper of the scanner listens.
    pub doubts: Arc<Notify>,
    pub meter: meter::Meter,
    pub strikes: waiting::Strikes,
    /// Held by who scans an upload again.
    pub again: Semaphore,
}

impl Default for Scans {
    fn default() -> Self {
        Self {
            doubts: Arc::default(),
            meter: meter::Meter::default(),
            strikes: waiting::Strikes::default(),
            again: Semaphore::new(1),
        }
    }
}
