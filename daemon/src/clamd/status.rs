//! The scanner in use, for everybody who scans with it or shows it.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use time::OffsetDateTime;

use super::ScannerAddress;

/// The limits of a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// The scanner scans files up to this size whole, and may reply OK to larger ones without scanning them.
    pub max_bytes: u64,
    /// From the connection to the verdict.
    pub timeout: Duration,
    /// A scanner that gives up on a file after this time may call it clean (its MaxScanTime, without AlertExceedsMax).
    pub silent_after: Option<Duration>,
}

/// The treatment of uploads while the signatures are stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenStale {
    /// Uploads wait.
    Wait,
    /// Uploads are scanned with the stale signatures.
    Scan,
}

/// The state of the scanner, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerStatus {
    pub state: ScannerState,
    pub since: OffsetDateTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerState {
    Up(Scanner),
    /// It answers, but its signatures are stale: uploads wait.
    Held {
        scanner: Scanner,
        reason: String,
    },
    /// There is no scanner: uploads wait.
    Down {
        reason: String,
    },
}

/// A scanner that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    pub address: ScannerAddress,
    pub kind: ScannerKind,
    /// `ClamAV 1.4.6`
    pub engine: String,
    pub signatures: Signatures,
    /// The time at which the signatures were made.
    pub signatures_at: Option<OffsetDateTime>,
    /// The signatures are older than `scanner.stale_hours`.
    pub stale: bool,
    /// Proven, or configured by the daemon.
    pub limits: ScanLimits,
    /// The process id of clamd; another id is another scanner. `None` over TCP.
    pub process_id: Option<i32>,
    /// The time it was found. Scans that began before belong to another scanner.
    pub found_at: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerKind {
    /// The machine, or another machine, runs it.
    Running,
    /// A child of the daemon.
    Private,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// The official daily signatures of this number.
    Daily(u32),
    /// The official daily signatures of this number were there, and it reports none any more.
    Lost(u32),
    /// Signatures without the official daily ones.
    Unversioned,
    /// The built-in database: the EICAR test file and nothing else.
    EicarOnly,
}

impl ScannerStatus {
    /// The state before the first look for a scanner.
    pub fn starting() -> Self {
        Self::now(ScannerState::Down {
            reason: "looking for a scanner, or starting one".to_owned(),
        })
    }

    /// A state that begins now.
    pub fn now(state: ScannerState) -> Self {
        Self {
            state,
            since: OffsetDateTime::now_utc(),
        }
    }

    /// The scanner, when it may be used.
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

impl Signatures {
    /// The signatures of a scanner that had these, and now reports this number.
    pub fn then(self, reported: Option<u32>) -> Self {
        match (reported, self) {
            (Some(number), _) => Self::Daily(number),
            (None, Self::Daily(number)) => Self::Lost(number),
            (None, other) => other,
        }
    }
}

impl fmt::Display for Signatures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daily(number) => write!(formatter, "signatures {number}"),
            Self::Lost(number) => write!(formatter, "no signatures any more (they were {number})"),
            Self::Unversioned => formatter.write_str("signatures without a version"),
            Self::EicarOnly => {
                formatter.write_str("NO SIGNATURES: only the EICAR test file is recognised, install clamav-freshclam")
            }
        }
    }
}
