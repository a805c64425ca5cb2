//! The commands INSTREAM, PING and VERSION. Nothing but a whole, positive reply is a positive verdict.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use clamav_client::tokio as protocol;
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use super::connection::{CHUNK_BYTES, Connection};
use super::reply::{Version, parse_verdict, parse_version};
use super::{ScanError, ScanLimits, ScannerAddress, Verdict};

/// The time for a command that scans nothing.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// Scans exactly `size_bytes` of the reader.
pub async fn scan(
    address: &ScannerAddress,
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
    let verdict = timeout(limits.timeout, stream(address, reader, size_bytes))
        .await
        .map_err(|_| ScanError::Timeout(limits.timeout))??;
    match limits.silent_after {
        Some(silent_after) if verdict == Verdict::Clean && began.elapsed() >= silent_after => {
            let reason = format!(
                "it took {} s, and the scanner gives up silently after {} s",
                began.elapsed().as_secs(),
                silent_after.as_secs()
            );
            Ok(Verdict::Unscannable { reason })
        }
        _ => Ok(verdict),
    }
}

/// Checks that a clamd answers.
pub async fn ping(address: &ScannerAddress) -> Result<(), ScanError> {
    match command(address, Command::Ping).await?.as_str() {
        "PONG" => Ok(()),
        other => Err(ScanError::from_reply(other)),
    }
}

/// Asks for the version of the engine and of its signatures.
pub async fn version(address: &ScannerAddress) -> Result<Version, ScanError> {
    let reply = command(address, Command::Version).await?;
    parse_version(&reply).ok_or_else(|| ScanError::from_reply(&reply))
}

/// The process id of the clamd, as the kernel knows it: another id is another scanner. `None` over TCP.
pub async fn process_id(address: &ScannerAddress) -> Option<i32> {
    match address {
        ScannerAddress::Unix(socket) => UnixStream::connect(socket).await.ok()?.peer_cred().ok()?.pid(),
        ScannerAddress::Tcp(_) => None,
    }
}

enum Command {
    Ping,
    Version,
}

async fn command(address: &ScannerAddress, command: Command) -> Result<String, ScanError> {
    let ask = async {
        let mut connection = Connection::open(address).await?;
        let reply = match command {
            Command::Ping => protocol::ping(connection.lend()).await,
            Command::Version => protocol::get_version(connection.lend()).await,
        };
        whole_reply(reply.map_err(ScanError::Closed)?)
    };
    timeout(COMMAND_TIMEOUT, ask)
        .await
        .map_err(|_| ScanError::Timeout(COMMAND_TIMEOUT))?
}

async fn stream(
    address: &ScannerAddress,
    reader: impl AsyncRead + Unpin,
    size_bytes: u64,
) -> Result<Verdict, ScanError> {
    let mut connection = Connection::open(address).await?;
    let exact = ExactReader {
        reader,
        size_bytes,
        read_bytes: 0,
    };
    let chunks = ReaderStream::with_capacity(exact, CHUNK_BYTES);
    let error = match protocol::scan_stream(chunks, connection.lend(), Some(CHUNK_BYTES)).await {
        Ok(reply) => return parse_verdict(&whole_reply(reply)?),
        Err(error) => error.downcast::<ScanError>(),
    };
    // An error of the reader, or of the connection.
    let closed = match error {
        Ok(error) => return Err(error),
        Err(closed) => closed,
    };
    let mut reply = Vec::new();
    let early = connection.read_to_end(&mut reply).await;
    match early.map(|_| whole_reply(reply)) {
        // clamd replies before it closes. Whatever the reply is, bytes that clamd did not get cannot be clean.
        Ok(Ok(reply)) => match parse_verdict(&reply)? {
            Verdict::Clean => Err(ScanError::Closed(closed)),
            other => Ok(other),
        },
        _ => Err(ScanError::Closed(closed)),
    }
}

/// Takes the zero off that ends every reply to a `z` command.
fn whole_reply(mut reply: Vec<u8>) -> Result<String, ScanError> {
    let end = reply.pop();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match end {
        Some(0) => Ok(text(&reply)),
        Some(end) => {
            reply.push(end);
            Err(ScanError::Truncated(text(&reply)))
        }
        None => Err(ScanError::Closed(io::ErrorKind::UnexpectedEof.into())),
    }
}

/// Fails when the reader gives more or fewer bytes than announced. Its errors carry a [`ScanError`].
struct ExactReader<R> {
    reader: R,
    size_bytes: u64,
    read_bytes: u64,
}

impl<R: AsyncRead + Unpin> AsyncRead for ExactReader<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Err(error) = ready!(Pin::new(&mut self.reader).poll_read(cx, buffer)) {
            return Poll::Ready(Err(io::Error::other(ScanError::Input(error))));
        }
        let count = (buffer.filled().len() - before) as u64;
        self.read_bytes += count;
        if self.read_bytes > self.size_bytes || (count == 0 && self.read_bytes < self.size_bytes) {
            return Poll::Ready(Err(io::Error::other(ScanError::WrongLength {
                expected: self.size_bytes,
                read: self.read_bytes,
            })));
        }
        Poll::Ready(Ok(()))
    }
}
