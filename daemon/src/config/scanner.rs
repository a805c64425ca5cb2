//! The malware scanner.

use std::path::PathBuf;

use serde::Deserialize;

/// Which clamd judges the uploads.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerConfig {
    /// The socket of a clamd that runs already. Without it: one at the usual places, else a private one.
    pub socket: Option<PathBuf>,
    /// Never look at the usual places; start a private clamd at once.
    pub private: bool,
    /// How long one scan may take.
    pub timeout_seconds: u32,
    /// Signatures older than this are stale.
    pub stale_hours: u32,
    /// What becomes of uploads meanwhile; an alert is raised either way.
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

/// What becomes of uploads while the signatures are stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenStale {
    /// They wait.
    Wait,
    /// They are scanned with what there is.
    Scan,
}
