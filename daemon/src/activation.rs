//! Sockets that systemd hands over: they stay open while the daemon restarts, so that no connection is refused.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use anyhow::Context as _;
use listenfd::ListenFd;

/// The sockets of this process. A TCP socket is the public API's, a Unix socket the control socket.
#[derive(Debug, Default)]
pub struct Sockets {
    pub api: Option<TcpListener>,
    pub control: Option<UnixListener>,
}

/// The socket of the public API.
#[derive(Debug)]
pub enum ApiSocket {
    /// Closed at a stop.
    Own(TcpListener),
    /// Open while the daemon restarts: connections wait in its queue.
    HandedOver(TcpListener),
}

impl ApiSocket {
    pub fn listener(&self) -> &TcpListener {
        match self {
            Self::Own(listener) | Self::HandedOver(listener) => listener,
        }
    }
}

impl Sockets {
    /// Takes what the service manager handed over; a second call finds nothing.
    ///
    /// # Errors
    /// A socket is of another kind, or there are two of a kind.
    pub fn take() -> anyhow::Result<Self> {
        let mut handed = ListenFd::from_env();
        let mut sockets = Self::default();
        for number in 0..handed.len() {
            // The kind is only known by trying.
            if let Ok(Some(listener)) = handed.take_tcp_listener(number) {
                let second = sockets.api.replace(listener);
                anyhow::ensure!(
                    second.is_none(),
                    "systemd handed over two TCP sockets: the public API has one"
                );
                continue;
            }
            let listener = handed
                .take_unix_listener(number)
                .context("systemd handed over a socket that is neither TCP nor a Unix stream")?;
            let second = std::mem::replace(&mut sockets.control, listener);
            anyhow::ensure!(second.is_none(), "systemd handed over two control sockets");
        }
        Ok(sockets)
    }
}
