//! The client of clamd, over a Unix socket or TCP, and the state of the scanner in use. It knows no upload and starts no process:
//! - `client`, `connection`, `reply`, `error`: the protocol, carried by the crate `clamav-client`, and what each reply means;
//! - `session`: many small pieces over one connection, which that crate does not have;
//! - [`machine`]: the clamd that the machine runs, and what its configuration says;
//! - [`probe`]: what a scanner is proven to do;
//! - `status`: which scanner is in use, for everybody who scans or shows it.

pub mod machine;
pub mod probe;

mod address;
mod client;
mod connection;
mod error;
mod reply;
mod session;
mod status;

pub use address::ScannerAddress;
pub use client::{ping, process_id, scan, version};
pub use error::{ErrorOrigin, ScanError};
pub use reply::{Verdict, Version};
pub use session::{MOST_BYTES as MOST_SESSION_BYTES, scan_session};
pub use status::{ScanLimits, Scanner, ScannerKind, ScannerState, ScannerStatus, Signatures, WhenStale};
