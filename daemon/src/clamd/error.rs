//! The ways in which a scan ends without a verdict.

use std::io;
use std::time::Duration;

/// The reason why there is no verdict. The bytes wait and are scanned again.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("the scanner is not available: {0}")]
    Unavailable(String),
    #[error("{0}")]
    SignaturesStale(String),
    #[error("the scanner's socket is not there")]
    SocketMissing(#[source] io::Error),
    #[error("nothing listens on the scanner's socket")]
    ConnectionRefused(#[source] io::Error),
    #[error("the scanner's socket cannot be used: {0}")]
    SocketUnusable(#[source] io::Error),
    #[error("the scanner gave no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("the scanner closed the connection: {0}")]
    Closed(#[source] io::Error),
    #[error("the scanner stopped or was replaced during the scan")]
    Lost,
    #[error("the scanner's answer is cut short: {0:?}")]
    Truncated(String),
    #[error("the scanner gave more than one answer: {0:?}")]
    TwoAnswers(String),
    #[error("the scanner's answer does not match the command: {0:?}")]
    Unintelligible(String),
    #[error("the scanner failed: {0}")]
    Engine(String),
    #[error("the scanner has no room for what it scans: {0}")]
    DiskFull(String),
    #[error("the scanner does not find the EICAR test file, so its verdicts mean nothing")]
    FindsNothing,
    #[error("reading the bytes to scan: {0}")]
    Input(#[source] io::Error),
    #[error("{read} bytes were read to scan instead of {expected}")]
    WrongLength { expected: u64, read: u64 },
}

/// The origin of a [`ScanError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorOrigin {
    /// The scanner: every other file would fail too.
    Scanner,
    /// The scanner, or a file that crashes it.
    Unknown,
    /// The stored bytes.
    Bytes,
}

impl ScanError {
    /// The label of the metric `tradepost_scan_failures_total`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "away",
            Self::SignaturesStale(_) => "signatures-stale",
            Self::SocketMissing(_) => "socket-absent",
            Self::ConnectionRefused(_) => "connection-refused",
            Self::SocketUnusable(_) => "socket-unusable",
            Self::Timeout(_) => "timeout",
            Self::Closed(_) => "connection-closed",
            Self::Lost => "lost",
            Self::Truncated(_) => "answer-truncated",
            Self::TwoAnswers(_) => "two-answers",
            Self::Unintelligible(_) => "answer-garbled",
            Self::Engine(_) => "engine-error",
            Self::DiskFull(_) => "scanner-disk-full",
            Self::FindsNothing => "blind",
            Self::Input(_) => "bytes-unreadable",
            Self::WrongLength { .. } => "wrong-length",
        }
    }

    /// The origin of the error, which decides whether the file is to blame.
    pub fn origin(&self) -> ErrorOrigin {
        match self {
            Self::Unavailable(_)
            | Self::SignaturesStale(_)
            | Self::SocketMissing(_)
            | Self::ConnectionRefused(_)
            | Self::SocketUnusable(_)
            | Self::DiskFull(_)
            | Self::FindsNothing => ErrorOrigin::Scanner,
            Self::Timeout(_)
            | Self::Closed(_)
            | Self::Lost
            | Self::Truncated(_)
            | Self::TwoAnswers(_)
            | Self::Unintelligible(_)
            | Self::Engine(_) => ErrorOrigin::Unknown,
            Self::Input(_) | Self::WrongLength { .. } => ErrorOrigin::Bytes,
        }
    }

    /// Classifies a failed connect.
    pub(super) fn from_connect(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::SocketMissing(error),
            io::ErrorKind::ConnectionRefused => Self::ConnectionRefused(error),
            _ => Self::SocketUnusable(error),
        }
    }

    /// Classifies a reply that is no verdict.
    pub(super) fn from_reply(reply: &str) -> Self {
        let text = reply.to_owned();
        let no_room = ["temporary file", "No space left", "Can't write", "Error writing"];
        match reply.strip_suffix("ERROR") {
            Some(_) if no_room.iter().any(|words| reply.contains(words)) => Self::DiskFull(text),
            Some(_) => Self::Engine(text),
            None if reply.contains('\0') => Self::TwoAnswers(text),
            None => Self::Unintelligible(text),
        }
    }
}
