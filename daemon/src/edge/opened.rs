//! The first bytes of a connection: they say which version of HTTP the client speaks.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// A client that knows of HTTP/2 begins with it (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

/// A connection whose first bytes were read: they are read once more.
pub struct Opened<I> {
    pub protocol: Protocol,
    first: [u8; PREFACE.len()],
    /// The bytes of `first` that are still to be read.
    from: usize,
    to: usize,
    io: I,
}

impl<I: AsyncRead + Unpin> Opened<I> {
    /// Waits for the first bytes.
    pub async fn read(mut io: I) -> io::Result<Self> {
        let (mut first, mut to) = ([0; PREFACE.len()], 0);
        while to < first.len() && first[..to] == PREFACE[..to] {
            let read = io.read(&mut first[to..]).await?;
            if read == 0 {
                break;
            }
            to += read;
        }
        let protocol = if &first == PREFACE {
            Protocol::Http2
        } else {
            Protocol::Http1
        };
        Ok(Self {
            protocol,
            first,
            from: 0,
            to,
            io,
        })
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Opened<I> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let rest = (self.to - self.from).min(bytes.remaining());
        if rest == 0 {
            return Pin::new(&mut self.io).poll_read(context, bytes);
        }
        bytes.put_slice(&self.first[self.from..self.from + rest]);
        self.from += rest;
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Opened<I> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn first_bytes_are_read_once_more() {
        let long = [&PREFACE[..], b"rest"].concat();
        let cases: [(&[u8], Protocol); 6] = [
            (b"GET / HTTP/1.1\r\n\r\n", Protocol::Http1),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r", Protocol::Http1),
            (b"PRI", Protocol::Http1),
            (b"", Protocol::Http1),
            (PREFACE, Protocol::Http2),
            (&long, Protocol::Http2),
        ];
        for (sent, protocol) in cases {
            let mut opened = Opened::read(sent).await.unwrap();
            assert_eq!(opened.protocol, protocol, "{sent:?}");
            let mut read = Vec::new();
            opened.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, sent);
        }
    }
}
