//! The words between the daemon and a child: length-prefixed frames over a socket pair.
//!
//! A frame is `u32` head length, `u32` number of blobs, a `u64` length for each blob, the head (JSON), the blobs; all integers big endian.
//! Every length is checked against [`Bounds`] before a byte of it is read, on both sides: neither trusts the other.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tradepost_common::uploads::Finding;

use super::confine::Confinement;
use tradepost_inspect::manifest::Manifest;
use tradepost_inspect::pack::PackLimits;
use tradepost_render::compare::Likeness;
use tradepost_render::fingerprint::Fingerprint;
use tradepost_render::presets::{Format, Preset};
use tradepost_render::sheet::SheetSpec;
use tradepost_render::times::StageTimes;

/// What the daemon asks of a child, with the limits that hold while it works on it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    pub request: Request,
}

/// The work itself. The file's descriptor comes before the frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Needs a descriptor.
    OpenPack { limits: PackLimits },
    /// Needs a descriptor.
    Render {
        path: String,
        max_bytes: u64,
        max_svg_bytes: u64,
        presets: Vec<Preset>,
    },
    /// One blob for each tile.
    Sheet { spec: SheetSpec },
    /// One blob for each path. Without presets those of the batch before hold.
    Batch {
        paths: Vec<String>,
        presets: Option<Vec<Preset>>,
        max_svg_bytes: u64,
    },
    /// Needs the descriptor of an archive, which need not be a pack.
    Unpack {
        packed_bytes: u64,
        entries: u64,
        /// Of one file in it.
        file_bytes: u64,
    },
    /// Two blobs.
    Compare,
}

/// What a child says once, when it is ready for work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    pub confinement: Confinement,
}

/// What a child answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// The pack is sound; as many `Member`s follow as the manifest lists, in its order.
    Manifest {
        manifest: Box<Manifest>,
    },
    /// One blob.
    Member {
        path: String,
    },
    /// One blob for each picture, then one for the copy when there is one.
    Opened {
        /// Only of what is a picture.
        size: Option<(f32, f32)>,
        findings: Vec<Finding>,
        pictures: Vec<Picture>,
        publish: Publish,
        fingerprint: Option<Fingerprint>,
    },
    /// One blob for each picture.
    Sheet {
        pictures: Vec<Picture>,
    },
    /// The next file of a batch. One blob for each preset, or none when the file has no picture.
    Drawn {
        size: Option<(f32, f32)>,
        heights: Vec<u32>,
    },
    /// There was an answer for each file of the batch; what they cost together.
    BatchEnd {
        times: StageTimes,
        /// Time of the processor, in microseconds.
        cpu_us: u64,
    },
    /// The archive is sound; so many `Loose` and `Damaged` follow.
    Listing {
        files: u64,
    },
    /// One blob.
    Loose {
        path: String,
        crc32: u32,
    },
    /// A file of an archive that could not be taken out.
    Damaged {
        path: String,
        detail: String,
    },
    UnpackEnd,
    /// With a likeness one blob: where they differ. Without: they have other sizes, or one can not be read.
    Compared {
        likeness: Option<Likeness>,
    },
    /// The file is at fault.
    Refused {
        findings: Vec<Finding>,
    },
    /// Memory ran out where the child could still say so.
    OutOfMemory,
    /// The input could not be read.
    Broken {
        detail: String,
    },
}

/// Which bytes of a file may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Publish {
    /// Its own.
    Itself,
    /// The last blob.
    Copy,
    Nothing,
}

/// What a blob of a reply is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Picture {
    pub preset: String,
    pub format: Format,
    pub width_px: u32,
    pub height_px: u32,
}

/// How large a frame may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub head_bytes: u32,
    pub blobs: u32,
    /// Of all blobs together.
    pub blob_bytes: u64,
}

/// A frame as it came: the head still as JSON.
#[derive(Debug)]
pub struct Frame {
    head: Vec<u8>,
    pub blobs: Vec<Vec<u8>>,
}

impl Frame {
    /// Reads the head; `InvalidData` when it is not what it should be.
    pub fn head<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.head).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Writes one frame.
pub fn write_frame(mut to: impl Write, head: &impl Serialize, blobs: &[&[u8]]) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    let mut prefix = Vec::with_capacity(8 + blobs.len() * 8 + head.len());
    prefix.extend(length(head.len())?.to_be_bytes());
    prefix.extend(length(blobs.len())?.to_be_bytes());
    for blob in blobs {
        prefix.extend((blob.len() as u64).to_be_bytes());
    }
    prefix.extend(head);
    to.write_all(&prefix)?;
    blobs.iter().try_for_each(|blob| to.write_all(blob))
}

/// Reads one frame; `InvalidData` when it is larger than it may be.
pub fn read_frame(mut from: impl Read, bounds: &Bounds) -> io::Result<Frame> {
    let head_bytes = read_u32(&mut from)?;
    let blob_count = read_u32(&mut from)?;
    if head_bytes > bounds.head_bytes || blob_count > bounds.blobs {
        return Err(too_large());
    }
    let mut lengths = Vec::with_capacity(blob_count as usize);
    let mut total: u64 = 0;
    for _ in 0..blob_count {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes)?;
        let length = u64::from_be_bytes(bytes);
        total = total
            .checked_add(length)
            .filter(|&sum| sum <= bounds.blob_bytes)
            .ok_or_else(too_large)?;
        lengths.push(length);
    }
    let head = read_exactly(&mut from, u64::from(head_bytes))?;
    let blobs = lengths
        .into_iter()
        .map(|length| read_exactly(&mut from, length))
        .collect::<io::Result<_>>()?;
    Ok(Frame { head, blobs })
}

/// Memory grows with what arrives, not with what was announced.
fn read_exactly(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(1 << 20) as usize);
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_u32(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn length(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(|_| too_large())
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame is larger than it may be")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        head_bytes: 1024,
        blobs: 2,
        blob_bytes: 10,
    };

    fn written(blobs: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &Reply::OutOfMemory, blobs).unwrap();
        bytes
    }

    #[test]
    fn a_frame_comes_back_as_it_was_written() {
        let frame = read_frame(written(&[b"abc", b""]).as_slice(), &BOUNDS).unwrap();
        assert!(matches!(frame.head().unwrap(), Reply::OutOfMemory));
        assert_eq!(frame.blobs, [b"abc".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_frame_over_a_bound_is_refused() {
        for blobs in [&[b"12345678901".as_slice()][..], &[b"", b"", b""]] {
            let error = read_frame(written(blobs).as_slice(), &BOUNDS).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        let announced = [u32::MAX.to_be_bytes(), [0; 4]].concat();
        assert_eq!(
            read_frame(announced.as_slice(), &BOUNDS).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn lengths_that_overflow_are_refused() {
        let mut bytes = [2_u32.to_be_bytes(), 2_u32.to_be_bytes()].concat();
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(u64::MAX.to_be_bytes());
        assert_eq!(
            read_frame(bytes.as_slice(), &BOUNDS).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn a_truncated_frame_is_an_error() {
        let bytes = written(&[b"abc"]);
        let error = read_frame(&bytes[..bytes.len() - 1], &BOUNDS).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
