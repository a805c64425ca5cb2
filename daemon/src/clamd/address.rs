//! The address of a clamd.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

/// The address of a clamd: the path of a Unix socket, or host and port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ScannerAddress {
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

/// A text that is neither a path nor a TCP address.
#[derive(Debug, thiserror::Error)]
#[error("must be the path of a Unix socket, as /run/clamav/clamd.ctl, or a TCP address, as tcp://127.0.0.1:3310")]
pub struct InvalidAddress;

impl FromStr for ScannerAddress {
    type Err = InvalidAddress;

    /// Reads `tcp://host:port`, `host:port`, or a path.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let has_host_and_port = |text: &str| {
            text.rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
        };
        match text.strip_prefix("tcp://") {
            Some(address) if has_host_and_port(address) && !address.contains('/') => Ok(Self::Tcp(address.to_owned())),
            Some(_) => Err(InvalidAddress),
            None if text.is_empty() => Err(InvalidAddress),
            None if !text.contains('/') && has_host_and_port(text) => Ok(Self::Tcp(text.to_owned())),
            None => Ok(Self::Unix(text.into())),
        }
    }
}

impl TryFrom<String> for ScannerAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl From<PathBuf> for ScannerAddress {
    fn from(socket: PathBuf) -> Self {
        Self::Unix(socket)
    }
}

impl fmt::Display for ScannerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(socket) => write!(formatter, "{}", socket.display()),
            Self::Tcp(address) => write!(formatter, "tcp://{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_tcp_addresses_are_told_apart() {
        let tcp = |address: &str| Some(ScannerAddress::Tcp(address.to_owned()));
        let unix = |path: &str| Some(ScannerAddress::Unix(path.into()));
        for (text, expected) in [
            ("/run/clamav/clamd.ctl", unix("/run/clamav/clamd.ctl")),
            ("/run/odd:3310", unix("/run/odd:3310")),
            ("clamd.sock", unix("clamd.sock")),
            ("tcp://127.0.0.1:3310", tcp("127.0.0.1:3310")),
            ("scanner.example:3310", tcp("scanner.example:3310")),
            ("tcp://[::1]:3310", tcp("[::1]:3310")),
            ("tcp://127.0.0.1", None),
            ("tcp://127.0.0.1:0", None),
            ("tcp://127.0.0.1:3310/scan", None),
            ("tcp://:3310", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<ScannerAddress>().ok(), expected, "{text:?}");
        }
    }
}
