//! The malware scanner.

use serde::Deserialize;

use crate::clamd::{ScannerAddress, WhenStale};

/// The clamd that scans the uploads.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerConfig {
    /// The clamd to use: the path of its Unix socket, or `tcp://host:port`. Without it: one at the usual sockets, else a private one.
    pub socket: Option<ScannerAddress>,
    /// Starts a private clamd without looking for one that runs already.
    pub private: bool,
    /// Seconds for one scan.
    pub timeout_seconds: u32,
    /// Hours after which signatures are stale.
    pub stale_hours: u32,
    /// The treatment of uploads while the signatures are stale; an alert is raised either way.
    pub when_stale: WhenStale,
    /// After an update of the signatures, what was published in so many days is scanned again; 0: nothing is.
    pub rescan_days: u32,
}

impl Default for ScannerConfig {
    fn default() -> Self {
        Self {
            socket: None,
            private: false,
            timeout_seconds: 330,
            stale_hours: 48,
            when_stale: WhenStale::Wait,
            rescan_days: 14,
        }
    }
}
