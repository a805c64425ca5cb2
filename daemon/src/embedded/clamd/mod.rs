//! The scanner of a daemon without configuration: a clamd that runs already, else a private one, else none.
//!
//! [`run`] owns the whole thing and says in a [`ScannerStatus`] what there is at any moment. Without a scanner the daemon runs
//! and uploads wait. A private clamd on a machine without signatures knows only the EICAR test file, and says so
//! ([`Signatures::EicarOnly`]): it proves that the way of an upload works, not that an upload is harmless.

mod machine;
mod private;
mod signatures;
mod supervise;

pub use crate::config::WhenStale;
pub use private::{Clamd, Home};
pub use supervise::run;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::scan::clamd::ScanLimits;

/// Where to look for a scanner, and how to run a private one.
#[derive(Debug, Clone)]
pub struct ScannerSpec {
    /// The folder of the private clamd; made where it is missing.
    pub dir: PathBuf,
    /// The one socket to use; nothing else is looked for, and no private clamd started.
    pub socket: Option<PathBuf>,
    /// Where the machine's clamd may listen.
    pub machine_sockets: Vec<PathBuf>,
    /// Where the machine keeps its signatures.
    pub machine_signatures: PathBuf,
    /// The program of the private clamd; looked for when it is not given.
    pub program: Option<PathBuf>,
    /// Who the private clamd runs as when the daemon is root: by default `clamav`, else `nobody`.
    pub user: Option<String>,
    /// The private clamd scans files up to this size: the largest pack.
    pub max_file_bytes: u64,
    pub max_threads: u8,
    /// From the connection to the verdict.
    pub scan_timeout: Duration,
    /// Signatures older than this are stale.
    pub stale_after: Duration,
    pub when_stale: WhenStale,
    /// Rung by whoever got no verdict: the scanner is looked at, at once.
    pub doubts: Arc<Notify>,
    /// How often a scanner is asked whether it is there.
    pub ping_interval: Duration,
    /// How often the version is asked for again, and something better looked for.
    pub review_interval: Duration,
    /// How long a lost clamd of the machine may take to come back (it loads signatures for up to a minute) before a private one,
    /// which takes as much memory again, is started in its place.
    pub restart_grace: Duration,
}

impl ScannerSpec {
    /// The defaults, with the private clamd in `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            socket: None,
            machine_sockets: machine::SOCKETS.map(PathBuf::from).to_vec(),
            machine_signatures: PathBuf::from("/var/lib/clamav"),
            program: None,
            user: None,
            max_file_bytes: 512 << 20,
            max_threads: 4,
            scan_timeout: Duration::from_secs(330),
            stale_after: Duration::from_secs(48 * 3_600),
            when_stale: WhenStale::Wait,
            doubts: Arc::default(),
            ping_interval: Duration::from_secs(5),
            review_interval: Duration::from_secs(30),
            restart_grace: Duration::from_secs(90),
        }
    }
}

/// The program of a private clamd, where one is installed.
pub fn installed() -> Option<PathBuf> {
    super::programs::find("clamd")
}

/// What there is to scan with, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerStatus {
    pub state: ScannerState,
    pub since: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerState {
    Up(Scanner),
    /// It answers, but its signatures are too old to be relied on: uploads wait.
    Held {
        scanner: Scanner,
        reason: String,
    },
    /// Uploads wait.
    Down {
        reason: String,
    },
}

/// A scanner that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    pub socket: PathBuf,
    pub kind: ScannerKind,
    /// `ClamAV 1.4.6`
    pub engine: String,
    pub signatures: Signatures,
    /// When the signatures were made.
    pub signatures_at: Option<OffsetDateTime>,
    /// They are older than they may be.
    pub stale: bool,
    /// Sizes it is known to look at whole.
    pub limits: ScanLimits,
    /// The process that listens: another one is another scanner.
    pub process: Option<i32>,
    /// When it was found: what was in its hands before is not in the hands of the next.
    pub found_at: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerKind {
    /// Somebody else runs it.
    Running,
    /// A child of the daemon.
    Private,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// The number of the daily signatures.
    Daily(u32),
    /// Signatures without the official daily ones.
    Unversioned,
    /// The built-in database: the EICAR test file and nothing else.
    EicarOnly,
}

impl ScannerStatus {
    /// The state of a daemon that has not looked yet.
    pub fn starting() -> Self {
        Self::now(ScannerState::Down {
            reason: "a scanner is looked for or started".to_owned(),
        })
    }

    fn now(state: ScannerState) -> Self {
        Self {
            state,
            since: OffsetDateTime::now_utc(),
        }
    }

    /// The scanner, when there is one to rely on.
    pub fn scanner(&self) -> Option<&Scanner> {
        match &self.state {
            ScannerState::Up(scanner) => Some(scanner),
            ScannerState::Held { .. } | ScannerState::Down { .. } => None,
        }
    }
}

/// One line for the Overview and the log.
impl fmt::Display for ScannerState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scanner = match self {
            Self::Up(scanner) => scanner,
            Self::Held { scanner, reason } => {
                return write!(formatter, "{}, uploads wait: {reason}", scanner.engine);
            }
            Self::Down { reason } => {
                return write!(formatter, "no scanner, uploads wait: {reason}");
            }
        };
        let kind = match scanner.kind {
            ScannerKind::Running => "clamd of the machine",
            ScannerKind::Private => "private clamd",
        };
        write!(formatter, "{}, {kind}, {}", scanner.engine, scanner.signatures)?;
        match scanner.signatures_at {
            Some(made) => write!(formatter, " of {}", made.date()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Signatures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daily(number) => write!(formatter, "signatures {number}"),
            Self::Unversioned => formatter.write_str("signatures without a version"),
            Self::EicarOnly => {
                formatter.write_str("NO SIGNATURES: only the EICAR test file is recognised, install clamav-freshclam")
            }
        }
    }
}
