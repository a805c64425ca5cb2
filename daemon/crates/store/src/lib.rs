//! Object store.
//!
//! Two kinds of objects: *versioned* ones, where each PUT makes a new version, and *content-addressed* ones, whose key is
//! the SHA-256 of their bytes. An object is there whole or not at all, and its bytes never change. The store knows neither
//! what the objects mean nor which areas exist.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod filesystem;
pub mod presigned;

pub use filesystem::{PutError, Store, VersionWalk};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Namespace of content-addressed objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First part of the key.
    pub prefix: &'static str,
    pub retention: Retention,
}

/// Lifetime of the objects of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Kept until each is deleted by its key. Putting one again changes nothing.
    UntilDeleted,
    /// Deleted by age ([`Store::delete_content_before`]). Putting one again makes it new.
    SinceLastPut,
}

/// Key of a content-addressed object: `r/<sha256>.webp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentKey {
    pub area: Area,
    pub sha256: [u8; 32],
    /// Without a dot; may be empty.
    pub extension: &'static str,
}

/// One version of a versioned object: the bytes of one PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// SHA-256 of bytes in memory.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
