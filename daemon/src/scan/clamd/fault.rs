//! Why there is no verdict: each way in which a scanner can fail has its own name.

use std::io;
use std::time::Duration;

/// Why there is no verdict. The bytes wait and are scanned again; nothing here is ever taken for a positive answer.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("the scanner is away: {0}")]
    Away(String),
    #[error("{0}")]
    Held(String),
    #[error("the scanner's socket is not there")]
    Absent(#[source] io::Error),
    #[error("nobody listens at the scanner's socket")]
    NoListener(#[source] io::Error),
    #[error("the scanner's socket can not be used: {0}")]
    Connect(#[source] io::Error),
    #[error("the scanner gave no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("the scanner closed the connection: {0}")]
    Closed(#[source] io::Error),
    #[error("the scanner went away during the scan")]
    Lost,
    #[error("the scanner's answer is cut short: {0:?}")]
    Truncated(String),
    #[error("the scanner gave more than one answer: {0:?}")]
    TwoAnswers(String),
    #[error("the scanner's answer is no answer: {0:?}")]
    Garbage(String),
    #[error("the scanner failed: {0}")]
    Engine(String),
    #[error("the scanner has no room for what it scans: {0}")]
    DiskFull(String),
    #[error("the scanner does not find the EICAR test file: what it calls clean means nothing")]
    Blind,
    #[error("reading the bytes to scan: {0}")]
    Input(#[source] io::Error),
    #[error("{read} bytes were there to scan instead of {expected}")]
    Length { expected: u64, read: u64 },
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Culprit {
    /// Every other file would have met the same.
    Scanner,
    /// The scanner, or a file that breaks it.
    Unknown,
    /// The store, or who wrote to it.
    Bytes,
}

impl ScanError {
    /// The reason as a label: one of a bounded set.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Away(_) => "away",
            Self::Held(_) => "signatures-stale",
            Self::Absent(_) => "socket-absent",
            Self::NoListener(_) => "connection-refused",
            Self::Connect(_) => "socket-unusable",
            Self::Timeout(_) => "timeout",
            Self::Closed(_) => "connection-closed",
            Self::Lost => "lost",
            Self::Truncated(_) => "answer-truncated",
            Self::TwoAnswers(_) => "two-answers",
            Self::Garbage(_) => "answer-garbled",
            Self::Engine(_) => "engine-error",
            Self::DiskFull(_) => "scanner-disk-full",
            Self::Blind => "blind",
            Self::Input(_) => "bytes-unreadable",
            Self::Length { .. } => "wrong-length",
        }
    }

    pub fn culprit(&self) -> Culprit {
        match self {
            Self::Away(_)
            | Self::Held(_)
            | Self::Absent(_)
            | Self::NoListener(_)
            | Self::Connect(_)
            | Self::DiskFull(_)
            | Self::Blind => Culprit::Scanner,
            Self::Timeout(_)
            | Self::Closed(_)
            | Self::Lost
            | Self::Truncated(_)
            | Self::TwoAnswers(_)
            | Self::Garbage(_)
            | Self::Engine(_) => Culprit::Unknown,
            Self::Input(_) | Self::Length { .. } => Culprit::Bytes,
        }
    }

    /// What became of a connection that was never made.
    pub(super) fn of_connection(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Absent(error),
            io::ErrorKind::ConnectionRefused => Self::NoListener(error),
            _ => Self::Connect(error),
        }
    }

    /// What an answer means that is no verdict.
    pub(super) fn of_answer(answer: &str) -> Self {
        let text = answer.to_owned();
        let no_room = ["temporary file", "No space left", "Can't write", "Error writing"];
        match answer.strip_suffix("ERROR") {
            Some(_) if no_room.iter().any(|words| answer.contains(words)) => Self::DiskFull(text),
            Some(_) => Self::Engine(text),
            None if answer.contains('\0') => Self::TwoAnswers(text),
            None => Self::Garbage(text),
        }
    }
}
