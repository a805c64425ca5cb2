//! Speaks clamd's protocol over its Unix socket, and never takes anything but a positive answer for a positive verdict.
//!
//! The crate `clamav-client` is not used for scans: it has no call for a reader, reads the answer without a bound, and turns the
//! answer clamd gives before it closes the connection into a bare `BrokenPipe`.

mod fault;
pub mod probe;
mod reply;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

pub use fault::{Culprit, ScanError};
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

/// What a scanner takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// The engine scans files up to this size whole, and may say OK to larger ones without a look.
    pub max_bytes: u64,
    /// From the connection to the verdict.
    pub timeout: Duration,
    /// An engine that gives up on a file after this time may call it clean (its MaxScanTime, without AlertExceedsMax).
    pub silent_after: Option<Duration>,
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
    let began = Instant::now();
    let verdict = timeout(limits.timeout, stream(socket, reader, size_bytes))
        .await
        .map_err(|_| ScanError::Timeout(limits.timeout))??;
    match limits.silent_after {
        Some(silent_after) if verdict == Verdict::Clean && began.elapsed() >= silent_after => {
            let reason = format!(
                "it took {} s, and the scanner gives up after {} s without telling",
                began.elapsed().as_secs(),
                silent_after.as_secs()
            );
            Ok(Verdict::Unscannable { reason })
        }
        _ => Ok(verdict),
    }
}

/// Does a scanner answer at the socket?
pub async fn ping(socket: &Path) -> Result<(), ScanError> {
    match command(socket, b"zPING\0").await?.as_str() {
        "PONG" => Ok(()),
        other => Err(ScanError::of_answer(other)),
    }
}

/// Asks for the engine and the age of its signatures.
pub async fn version(socket: &Path) -> Result<Version, ScanError> {
    let reply = command(socket, b"zVERSION\0").await?;
    parse_version(&reply).ok_or_else(|| ScanError::of_answer(&reply))
}

/// The process that listens at the socket, where the kernel knows: another one is another scanner.
pub async fn process(socket: &Path) -> Option<i32> {
    connect(socket).await.ok()?.peer_cred().ok()?.pid()
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
    UnixStream::connect(socket).await.map_err(ScanError::of_connection)
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
