//! The scanner of a daemon without configuration: a clamd that runs already, else a private one, else none.
//!
//! [`run`] publishes the scanner in use as a [`ScannerStatus`]. Without a scanner the daemon runs and uploads wait. A private
//! clamd on a machine without signatures knows only the EICAR test file ([`Signatures::EicarOnly`]): it proves that an upload
//! passes through all stages, not that it is harmless.
//!
//! [`ScannerStatus`]: crate::clamd::ScannerStatus
//! [`Signatures::EicarOnly`]: crate::clamd::Signatures::EicarOnly

mod private;
mod signatures;
mod supervise;

pub use private::{Clamd, ClamdDir};
pub use supervise::run;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::clamd::{ScannerAddress, WhenStale, machine};

/// Addresses of a scanner of the machine, and the settings of a private one.
#[derive(Debug, Clone)]
pub struct ScannerSpec {
    /// The folder of the private clamd; made where it is missing.
    pub dir: PathBuf,
    /// The only clamd to use. Without it the machine's is looked for, else a private one started.
    pub address: Option<ScannerAddress>,
    /// Addresses on which the machine's clamd may listen.
    pub machine_sockets: Vec<PathBuf>,
    /// Folders with the machine's signatures.
    pub machine_signatures: PathBuf,
    /// The program of the private clamd; searched for when it is not given.
    pub program: Option<PathBuf>,
    /// The user of the private clamd when the daemon is root: by default `clamav`, else `nobody`.
    pub user: Option<String>,
    /// The private clamd scans files up to this size: the largest pack.
    pub max_file_bytes: u64,
    pub max_threads: u8,
    /// From the connection to the verdict.
    pub scan_timeout: Duration,
    /// Signatures older than this are stale.
    pub stale_after: Duration,
    pub when_stale: WhenStale,
    /// Notified after a scan without a verdict: the scanner is checked at once.
    pub recheck: Arc<Notify>,
    /// The time between two checks of the scanner.
    pub ping_interval: Duration,
    /// The scanner must find the EICAR test file again after this time.
    pub proof_interval: Duration,
    /// The time between two searches for a better scanner.
    pub review_interval: Duration,
    /// The time for a lost clamd of the machine to come back (it loads signatures for up to a minute) before a private one,
    /// which needs as much memory again, is started.
    pub restart_grace: Duration,
}

impl ScannerSpec {
    /// The defaults, with the private clamd in `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            address: None,
            machine_sockets: machine::SOCKETS.map(PathBuf::from).to_vec(),
            machine_signatures: PathBuf::from("/var/lib/clamav"),
            program: None,
            user: None,
            max_file_bytes: 512 << 20,
            max_threads: 4,
            scan_timeout: Duration::from_secs(330),
            stale_after: Duration::from_secs(48 * 3_600),
            when_stale: WhenStale::Wait,
            recheck: Arc::default(),
            ping_interval: Duration::from_secs(5),
            proof_interval: Duration::from_secs(60),
            review_interval: Duration::from_secs(30),
            restart_grace: Duration::from_secs(90),
        }
    }
}

/// The path of the installed clamd.
pub fn find_program() -> Option<PathBuf> {
    super::programs::find("clamd")
}
