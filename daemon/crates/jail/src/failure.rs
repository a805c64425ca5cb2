//! Reasons why an exchange with a child gave no result.

use std::io;

use tradepost_base::Finding;

/// End of an exchange without a result, before the child was examined.
pub enum Failure {
    /// The file was refused; the child did its work.
    Refused(Vec<Finding>),
    /// Not the fault of the file.
    Broken(anyhow::Error),
    /// The socket: a time-out, its end, or a frame that breaks the protocol.
    Socket(io::Error),
}

impl Failure {
    /// A child that broke the protocol.
    pub fn protocol(detail: &str) -> Self {
        Self::Socket(io::Error::new(io::ErrorKind::InvalidData, detail.to_owned()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}
