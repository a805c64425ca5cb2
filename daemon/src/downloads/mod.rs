//! Bytes that leave the marketplace: renditions by their hash, and sources by presigned URL.
//!
//! Nothing leaves that is not public, not its owner's, or in which the scanner found malware since.

pub mod part;
pub mod routes;
pub mod served;
