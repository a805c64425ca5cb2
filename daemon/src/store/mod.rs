//! Objects: uploaded packs by version, everything else by the SHA-256 of its bytes.
//!
//! What the store promises: an object is there whole or not at all; a version never changes; content addressed objects
//! are the same bytes for ever. `filesystem.rs` keeps them under the state directory; S3 comes as `s3.rs` with the same words.

pub mod filesystem;
pub mod signing;

pub use filesystem::Store;

use sha2::{Digest, Sha256};
use tradepost_common::ids::UploadId;

/// Where a content addressed object belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Files taken out of packs: private, reachable only by signed URL.
    Members,
    /// Pictures: public once their item is.
    Renditions,
    /// Payloads that are too large for a message of SQS; kept for as long as such a message can live.
    QueuePayloads,
}

impl Area {
    fn folder(self) -> &'static str {
        match self {
            Self::Members => "m",
            Self::Renditions => "r",
            Self::QueuePayloads => "q",
        }
    }
}

/// The name of a content addressed object: `r/<sha256>.webp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentKey {
    pub area: Area,
    pub sha256: [u8; 32],
    /// Without a dot; empty for members.
    pub extension: &'static str,
}

impl ContentKey {
    pub fn member(sha256: [u8; 32]) -> Self {
        Self {
            area: Area::Members,
            sha256,
            extension: "",
        }
    }

    pub fn queue_payload(sha256: [u8; 32]) -> Self {
        Self {
            area: Area::QueuePayloads,
            sha256,
            extension: "",
        }
    }

    pub fn rendition(sha256: [u8; 32], extension: &'static str) -> Self {
        Self {
            area: Area::Renditions,
            sha256,
            extension,
        }
    }
}

/// An uploaded pack: the bytes of one PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadKey {
    pub upload_id: UploadId,
    pub version: String,
}

/// What arrived with one PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    pub key: UploadKey,
    pub size_bytes: u64,
    pub sha256: [u8; 32],
}

/// SHA-256 of bytes in memory.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
