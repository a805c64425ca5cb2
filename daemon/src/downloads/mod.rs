//! Bytes that leave the marketplace: renditions by their hash, published files of free items, and sources by presigned URL.
//!
//! Nothing leaves that is not public, not its owner's, or in which the scanner found malware since.

mod part;
pub mod routes;
mod served;
