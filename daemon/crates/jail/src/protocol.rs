//! Requests to a child and its replies: the heads of the frames.

use serde::{Deserialize, Serialize};
use tradepost_base::Finding;
use tradepost_inspect::manifest::Manifest;
use tradepost_inspect::pack::PackLimits;
use tradepost_render::compare::Likeness;
use tradepost_render::engine::Purpose;
use tradepost_render::fingerprint::Fingerprint;
use tradepost_render::presets::Preset;
use tradepost_render::sheet::SheetSpec;
use tradepost_render::times::StageTimes;

use crate::confinement::Confinement;

/// Most files in one batch.
pub const BATCH_FILES: usize = 64;
/// Most bytes that come with one request.
pub const MAX_REQUEST_BYTES: u64 = 256 << 20;

/// A request with the limits of each of its files.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    pub request: Request,
}

/// Work for a child. The descriptor of a file comes before the frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Opens a pack, which comes as a descriptor.
    OpenPack {
        limits: PackLimits,
    },
    /// Opens a pack, which comes as a descriptor.
    Render {
        path: String,
        max_bytes: u64,
        max_svg_bytes: u64,
        presets: Vec<Preset>,
    },
    /// One blob for each tile.
    Sheet {
        spec: SheetSpec,
    },
    Batch(Batch),
    Unpack(Unpack),
    /// Two blobs.
    Compare,
}

/// Draws files, one reply for each. One blob for each path.
#[derive(Debug, Serialize, Deserialize)]
pub struct Batch {
    pub purpose: Purpose,
    /// Some replies come together.
    pub collects: bool,
    pub paths: Vec<String>,
    /// `None`: those of the previous batch.
    pub presets: Option<Vec<Preset>>,
    pub max_svg_bytes: u64,
}

/// Unpacks a ZIP, which need not be a pack. Needs its descriptor.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unpack {
    pub packed_bytes: u64,
    pub entries: u64,
    /// Largest file in it.
    pub file_bytes: u64,
}

/// First frame of a child: it is ready for work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    pub confinement: Confinement,
}

/// Frame that answers a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// The pack is accepted; a `Member` follows for each file of the manifest, in its order.
    Manifest {
        manifest: Box<Manifest>,
    },
    /// One blob.
    Member {
        path: String,
    },
    /// A file, or the next one of a batch. One blob for each rendition, or none when the file has no image; then one for the sanitized copy if there
    /// is one.
    Opened {
        /// Only of an image.
        size: Option<(f32, f32)>,
        findings: Vec<Finding>,
        /// Height of each rendition; format and width are the preset's.
        heights: Vec<u32>,
        published: PublishedBytes,
        fingerprint: Option<Fingerprint>,
    },
    /// One blob for each rendition.
    Sheet {
        heights: Vec<u32>,
    },
    /// Ends the replies to a batch; the cost of all its files.
    BatchEnd {
        times: StageTimes,
        /// Processor time in microseconds.
        cpu_us: u64,
    },
    /// The archive is accepted; a `File` or `Damaged` follows for each file.
    Listing {
        files: u64,
    },
    /// One blob.
    File {
        path: String,
        crc32: u32,
    },
    /// A file of an archive that could not be inflated.
    Damaged {
        path: String,
        detail: String,
    },
    UnpackEnd,
    /// With a likeness one blob: an image of the differences. Without: their sizes differ, or one can not be read.
    Compared {
        likeness: Option<Likeness>,
    },
    /// The file is at fault.
    Refused {
        findings: Vec<Finding>,
    },
    /// The input could not be read.
    Broken {
        detail: String,
    },
}

/// Bytes of a file that may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishedBytes {
    /// The file's own.
    Itself,
    /// The last blob.
    Copy,
    Nothing,
}
