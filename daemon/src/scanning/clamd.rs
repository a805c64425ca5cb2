//! Speaks clamd's protocol over its Unix socket, and never takes anything but a positive answer for a positive verdict.
//!
//! The crate `clamav-client` is not used for scans: it has no call for a reader, reads the answer without a bound, and turns the
//! answer clamd gives before it closes the connection into a bare `BrokenPipe`.

mod reply;

use std::io;
use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use reply::{parse_verdict, parse_version};

/// At clamd's usual 4 KiB a stream is 3 to 8 times slower.
const CHUNK_BYTES: usize = 64 << 10;
/// More than any answer: `stream: <signature> FOUND`.
const REPLY_BYTES: u64 = 4 << 10;
/// How long clamd may take to say who it is.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// What the engine says about some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All of the bytes were scanned and nothing was found.
    Clean,
    Infected {
        signature: String,
    },
    /// The engine can not look at these bytes, today or later: too large, encrypted, too deeply nested.
    Unscannable {
        reason: String,
    },
}

/// Why there is no verdict. The work waits and is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("no scanner answers at the socket: {0}")]
    Unreachable(#[source] io::Error),
    #[error("the scanner gave no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("the scanner closed the connection: {0}")]
    Closed(#[source] io::Error),
    #[error("the scanner's answer is cut short: {0:?}")]
    Truncated(String),
    #[error("the scanner answered {0:?}")]
    Refused(String),
    #[error("reading the bytes to scan: {0}")]
    Input(#[source] io::Error),
    #[error("{read} bytes were there to scan instead of {expected}")]
    Length { expected: u64, read: u64 },
}

/// What a scanner takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// The engine scans files up to this size whole, and may say OK to larger ones without a look.
    pub max_bytes: u64,
    /// From the connection to the verdict.
    pub timeout: Duration,
}

/// Who a scanner says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// `ClamAV 1.4.6`
    pub engine: String,
    /// The number of the daily signatures; `None` when there are none.
    pub signatures: Option<u32>,
    /// When they were made. clamd gives the time of its own zone, without naming it: taken for UTC.
    pub signatures_at: Option<OffsetDateTime>,
}

/// Scans exactly `size_bytes` of the reader.
pub async fn scan(
    socket: &Path,
    reader: impl AsyncRead + Unpin,
    size_bytes: u64,
    limits: ScanLimits,
) -> Result<Verdict, ScanError> {
    if size_bytes > limits.max_bytes {
        let reason = format!(
            "{size_bytes} bytes are more than the {} the scanner looks at",
            limits.max_bytes
        );
        return Ok(Verdict::Unscannable { reason });
    }
    timeout(limits.timeout, stream(socket, reader, size_bytes))
        .await
        .map_err(|_| ScanError::Timeout(limits.timeout))?
}

/// Does a scanner answer at the socket?
pub async fn ping(socket: &Path) -> Result<(), ScanError> {
    match command(socket, b"zPING\0").await?.as_str() {
        "PONG" => Ok(()),
        other => Err(ScanError::Refused(other.to_owned())),
    }
}

/// Asks for the engine and the age of its signatures.
pub async fn version(socket: &Path) -> Result<Version, ScanError> {
    let reply = command(socket, b"zVERSION\0").await?;
    parse_version(&reply).ok_or(ScanError::Refused(reply))
}

async fn command(socket: &Path, text: &[u8]) -> Result<String, ScanError> {
    let ask = async {
        let mut connection = connect(socket).await?;
        connection.write_all(text).await.map_err(ScanError::Closed)?;
        read_reply(&mut connection).await
    };
    timeout(COMMAND_TIMEOUT, ask)
        .await
        .map_err(|_| ScanError::Timeout(COMMAND_TIMEOUT))?
}

async fn connect(socket: &Path) -> Result<UnixStream, ScanError> {
    UnixStream::connect(socket).await.map_err(ScanError::Unreachable)
}

async fn stream(socket: &Path, reader: impl AsyncRead + Unpin, size_bytes: u64) -> Result<Verdict, ScanError> {
    let mut connection = connect(socket).await?;
    match send(&mut connection, reader, size_bytes).await {
        Ok(()) => parse_verdict(&read_reply(&mut connection).await?),
        // clamd says why before it closes. Whatever that is, bytes it did not get can not be clean.
        Err(ScanError::Closed(fault)) => match read_reply(&mut connection).await {
            Ok(reply) => match parse_verdict(&reply)? {
                Verdict::Clean => Err(ScanError::Closed(fault)),
                other => Ok(other),
            },
            Err(_) => Err(ScanError::Closed(fault)),
        },
        Err(other) => Err(other),
    }
}

async fn send(
    connection: &mut UnixStream,
    mut reader: impl AsyncRead + Unpin,
    size_bytes: u64,
) -> Result<(), ScanError> {
    connection.write_all(b"zINSTREAM\0").await.map_err(ScanError::Closed)?;
    // The length and the bytes of a chunk in one write.
    let mut chunk = vec![0; 4 + CHUNK_BYTES];
    let mut sent = 0;
    loop {
        let count = reader.read(&mut chunk[4..]).await.map_err(ScanError::Input)?;
        sent += count as u64;
        if sent > size_bytes || (count == 0 && sent < size_bytes) {
            return Err(ScanError::Length {
                expected: size_bytes,
                read: sent,
            });
        }
        chunk[..4].copy_from_slice(&u32::try_from(count).unwrap_or(0).to_be_bytes());
        connection
            .write_all(&chunk[..4 + count])
            .await
            .map_err(ScanError::Closed)?;
        if count == 0 {
            return Ok(());
        }
    }
}

/// Reads up to the zero that ends every answer to a `z` command.
async fn read_reply(connection: &mut UnixStream) -> Result<String, ScanError> {
    let mut reply = Vec::new();
    let read = connection.take(REPLY_BYTES).read_to_end(&mut reply).await;
    let ends_well = reply.last() == Some(&0);
    match read {
        Err(fault) if !ends_well => return Err(ScanError::Closed(fault)),
        _ if ends_well => {}
        _ if reply.is_empty() => {
            return Err(ScanError::Closed(io::ErrorKind::UnexpectedEof.into()));
        }
        _ => {
            return Err(ScanError::Truncated(String::from_utf8_lossy(&reply).into_owned()));
        }
    }
    reply.pop();
    Ok(String::from_utf8_lossy(&reply).into_owned())
}
