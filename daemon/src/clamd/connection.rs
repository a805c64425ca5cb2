//! A connection to clamd that the protocol crate borrows, so that the reply stays bounded and an early reply stays readable.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use clamav_client::tokio::TransportProtocol;
use tokio::io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

use super::{ScanError, ScannerAddress};

/// Bytes of a chunk of INSTREAM. At the usual 4 KiB a stream is 3 to 8 times slower.
pub(super) const CHUNK_BYTES: usize = 64 << 10;
/// Bytes that are read of a reply; `stream: <signature> FOUND` is far shorter.
const REPLY_BYTES: usize = 4 << 10;

pub(super) struct Connection {
    /// Holds the length of a chunk and the chunk itself, so that both leave in one write.
    stream: BufWriter<Either<UnixStream, TcpStream>>,
    reply_bytes: usize,
    /// The last byte of the reply so far is the zero that ends every reply to a `z` command.
    is_terminated: bool,
}

impl Connection {
    pub(super) async fn open(address: &ScannerAddress) -> Result<Self, ScanError> {
        let stream = match address {
            ScannerAddress::Unix(socket) => UnixStream::connect(socket).await.map(Either::Left),
            ScannerAddress::Tcp(address) => TcpStream::connect(address).await.map(Either::Right),
        };
        let stream = stream.map_err(ScanError::from_connect)?;
        if let Either::Right(tcp) = &stream {
            tcp.set_nodelay(true).map_err(ScanError::SocketUnusable)?;
        }
        Ok(Self {
            stream: BufWriter::with_capacity(4 + CHUNK_BYTES, stream),
            reply_bytes: 0,
            is_terminated: false,
        })
    }

    /// Lends the connection to one call of the protocol crate.
    pub(super) fn lend(&mut self) -> Lent<'_> {
        Lent(Mutex::new(Some(self)))
    }
}

/// A transport whose only connection is open already.
pub(super) struct Lent<'a>(Mutex<Option<&'a mut Connection>>);

impl<'a> TransportProtocol for Lent<'a> {
    type Stream = &'a mut Connection;

    async fn connect(&self) -> io::Result<&'a mut Connection> {
        let lent = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        lent.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for Connection {
    /// Reads at most [`REPLY_BYTES`] in all. A reset after a whole reply is its end.
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let connection = self.get_mut();
        let most = (REPLY_BYTES - connection.reply_bytes).min(buffer.remaining());
        let mut bytes = [0; REPLY_BYTES];
        let mut part = ReadBuf::new(&mut bytes[..most]);
        match ready!(Pin::new(&mut connection.stream).poll_read(cx, &mut part)) {
            Err(error) if !connection.is_terminated => Poll::Ready(Err(error)),
            Err(_) => Poll::Ready(Ok(())),
            Ok(()) => {
                if let Some(last) = part.filled().last() {
                    connection.is_terminated = *last == 0;
                }
                connection.reply_bytes += part.filled().len();
                buffer.put_slice(part.filled());
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
