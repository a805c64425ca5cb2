//! Limits of the size of a pack and its members.

use serde::{Deserialize, Serialize};

use super::is_noise;
use crate::media::Family;
use crate::text::size;
use crate::zip::{self, Entry};

/// The limits of a pack. Sizes are counted while inflating, never taken from the headers of the ZIP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PackLimits {
    pub packed_bytes: u64,
    /// Files besides the manifest; folders and what macOS adds are not counted.
    pub entries: u32,
    pub inflated_bytes: u64,
    /// The limit of the manifest and of all files without a limit of their own.
    pub member_bytes: u64,
    /// Times its packed size that a member may inflate to.
    pub member_ratio: u64,
    /// The limit of an SVG, and of a compressed one before it is inflated.
    pub svg_bytes: u64,
}

impl Default for PackLimits {
    fn default() -> Self {
        Self {
            packed_bytes: 512 << 20,
            entries: 2_000,
            inflated_bytes: 1 << 30,
            member_bytes: 64 << 20,
            member_ratio: 50,
            svg_bytes: 10 << 20,
        }
    }
}

/// Folders, and what macOS adds to each file, may triple the number of entries.
const OTHER_ENTRIES: u64 = 3;

/// A limit and what it is for.
pub(super) struct Allowed {
    pub bytes: u64,
    pub reason: String,
}

impl PackLimits {
    /// The limits of the archive itself.
    pub(super) fn archive(&self) -> zip::Limits {
        zip::Limits {
            packed_bytes: self.packed_bytes,
            entries: u64::from(self.entries) * OTHER_ENTRIES,
        }
    }

    /// The limit for a file of this name.
    pub(super) fn member(&self, path: &str) -> Allowed {
        let (bytes, kind) = match Family::of_path(path) {
            Some(Family::Drawing) => (self.svg_bytes, "an SVG"),
            _ => (self.member_bytes, "a file"),
        };
        Allowed {
            bytes,
            reason: format!("{}, the limit for {kind}", size(bytes)),
        }
    }

    /// The tightest limit for one member.
    pub(super) fn allowed(&self, entry: &Entry) -> Allowed {
        let by_kind = self.member(&entry.path);
        let by_ratio = entry.packed_bytes.saturating_mul(self.member_ratio);
        // Files that macOS adds are small, mostly zeros, and never published.
        if by_ratio >= by_kind.bytes || is_noise(&entry.path) {
            return by_kind;
        }
        Allowed {
            bytes: by_ratio,
            reason: format!("{} times its packed size", self.member_ratio),
        }
    }
}
