//! Object store.
//!
//! Two kinds of objects: *versioned* ones, where each PUT makes a new version, and *content-addressed* ones, whose key is
//! the SHA-256 of their bytes. An object is there whole or not at all, and its bytes never change. The store knows neither
//! what the objects mean nor which areas exist.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod copy;
mod disk;
mod filesystem;
pub mod presigned;
mod receive;
pub mod s3;
mod store;
mod temporary;
mod walk;

pub use receive::PutError;
pub use store::Store;
pub use walk::VersionWalk;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Namespace of content-addressed objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First part of the key.
    pub prefix: &'static str,
    pub retention: Retention,
    /// `Cache-Control` of its objects, where others than the daemon serve them.
    pub caching: &'static str,
}

/// Lifetime of the objects of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Kept until each is deleted by its key. Putting one again changes nothing.
    UntilDeleted,
    /// Deleted by age ([`Store::delete_content_before`]). Putting one again makes it new.
    SinceLastPut { days: u16 },
}

/// Key of a content-addressed object: `r/<sha256>.webp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentKey {
    pub area: Area,
    pub sha256: [u8; 32],
    /// Without a dot; may be empty.
    pub extension: &'static str,
}

impl ContentKey {
    /// The last part of the key: `<sha256>.webp`.
    fn name(&self) -> String {
        let digest = hex::encode(self.sha256);
        if self.extension.is_empty() {
            digest
        } else {
            format!("{digest}.{}", self.extension)
        }
    }
}

/// One version of a versioned object: the bytes of one PUT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VersionKey {
    pub object_id: Uuid,
    pub version: String,
}

/// The only bytes that a PUT may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    pub size_bytes: u64,
    pub sha256: [u8; 32],
}

/// A PUT that goes past the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPut {
    pub url: String,
    /// To be sent as they are.
    pub headers: BTreeMap<String, String>,
}

/// The newest version that a PUT past the daemon made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub key: VersionKey,
    pub size_bytes: u64,
    /// As the server of the bucket computed it. `None`: it does not say.
    pub sha256: Option<[u8; 32]>,
}

/// SHA-256 of bytes in memory.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
