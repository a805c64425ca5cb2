//! PNG (third edition), without animation.

use flate2::{Decompress, FlushDecompress, Status};

use super::{MediaError, Structure, array, dimensions};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The rules of order that matter name these.
const CRITICAL: [&[u8; 4]; 4] = [b"IHDR", b"PLTE", b"IDAT", b"IEND"];
const ANIMATION: [&[u8; 4]; 3] = [b"acTL", b"fcTL", b"fdAT"];

/// Walks all chunks, and inflates the pixels to count them.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let mut chunks = PngChunks {
        rest: bytes.get(SIGNATURE.len()..).unwrap_or_default(),
    };
    if !bytes.starts_with(SIGNATURE) {
        let message = "has a damaged signature, as after a transfer as text: upload the original file";
        return Err(damaged(message));
    }
    let (name, data) = chunks.next()?;
    if &name == b"CgBI" {
        let message = "is in the variant of PNG that Xcode makes for iPhones (CgBI), which other programs cannot read: upload the original PNG";
        return Err(MediaError::new("picture.colours", message));
    }
    if &name != b"IHDR" {
        return Err(damaged("does not begin with its header"));
    }
    let header = PngHeader::read(data)?;
    let (width, height) = dimensions(header.width, header.height)?;
    let mut pixels = Pixels::new(header.expected_bytes());
    let mut metadata = Vec::new();
    let mut state = ChunkOrder::Before;
    loop {
        let (name, data) = chunks.next()?;
        if ANIMATION.contains(&&name) {
            return Err(MediaError::new(
                "picture.animated",
                "is an animation, which is not accepted",
            ));
        }
        if &name == b"IEND" {
            break;
        }
        state = state.after(&name)?;
        match &name {
            b"IDAT" => pixels.feed(data)?,
            b"PLTE" => header.check_palette(data, state)?,
            _ => metadata.push(data),
        }
    }
    if header.colour == 3 && !state.has_palette() {
        return Err(damaged("has no PLTE chunk, which its colour type needs"));
    }
    pixels.finish()?;
    if !chunks.rest.is_empty() {
        let message = format!(
            "has {} bytes after its end: save it again without them",
            chunks.rest.len()
        );
        return Err(MediaError::new("picture.hidden-data", message));
    }
    Ok(Structure {
        width,
        height,
        metadata,
        ..Structure::default()
    })
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("picture.structure", what)
}

struct PngChunks<'a> {
    rest: &'a [u8],
}

impl<'a> PngChunks<'a> {
    /// The next chunk, after checking its CRC.
    fn next(&mut self) -> Result<([u8; 4], &'a [u8]), MediaError> {
        let cut = || damaged("is cut off");
        let length = u32::from_be_bytes(array(self.rest, 0).ok_or_else(cut)?) as usize;
        let name: [u8; 4] = array(self.rest, 4).ok_or_else(cut)?;
        let end = length.checked_add(8).ok_or_else(cut)?;
        let covered = self.rest.get(4..end).ok_or_else(cut)?;
        let check = u32::from_be_bytes(array(self.rest, end).ok_or_else(cut)?);
        if !name.iter().all(u8::is_ascii_alphabetic) || name[2].is_ascii_lowercase() {
            return Err(damaged("has a chunk with an invalid type"));
        }
        if crc32fast::hash(covered) != check {
            return Err(damaged("has a chunk with a wrong CRC"));
        }
        // Xcode's is refused by the first who sees it.
        let known = CRITICAL.contains(&&name) || &name == b"CgBI" || name[0].is_ascii_lowercase();
        if !known || (&name == b"IEND" && length > 0) {
            return Err(damaged("has an unknown critical chunk, or an IEND chunk with data"));
        }
        self.rest = &self.rest[end + 4..];
        Ok((name, &covered[4..]))
    }
}

/// The position in the order of chunks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChunkOrder {
    Before,
    Palette,
    Pixels { palette: bool },
    After { palette: bool },
}

impl ChunkOrder {
    fn after(self, name: &[u8; 4]) -> Result<Self, MediaError> {
        match (self, name) {
            (_, b"IHDR") => Err(damaged("has two headers")),
            (Self::Before, b"PLTE") => Ok(Self::Palette),
            (_, b"PLTE") => Err(damaged("has a second PLTE chunk, or one after its pixels")),
            (Self::After { .. }, b"IDAT") => Err(damaged("has IDAT chunks that are not consecutive")),
            (_, b"IDAT") => Ok(Self::Pixels {
                palette: self.has_palette(),
            }),
            (Self::Pixels { palette }, _) => Ok(Self::After { palette }),
            (other, _) => Ok(other),
        }
    }

    fn has_palette(self) -> bool {
        matches!(
            self,
            Self::Palette | Self::Pixels { palette: true } | Self::After { palette: true }
        )
    }
}

struct PngHeader {
    width: u32,
    height: u32,
    depth: u8,
    colour: u8,
    interlaced: bool,
}

impl PngHeader {
    fn read(data: &[u8]) -> Result<Self, MediaError> {
        let wrong = || damaged("has an invalid header");
        let &[
            w0,
            w1,
            w2,
            w3,
            h0,
            h1,
            h2,
            h3,
            depth,
            colour,
            compression,
            filter,
            interlace,
        ] = data
        else {
            return Err(wrong());
        };
        let depths: &[u8] = match colour {
            0 => &[1, 2, 4, 8, 16],
            3 => &[1, 2, 4, 8],
            2 | 4 | 6 => &[8, 16],
            _ => &[],
        };
        if !depths.contains(&depth) || (compression, filter) != (0, 0) || interlace > 1 {
            return Err(wrong());
        }
        Ok(Self {
            width: u32::from_be_bytes([w0, w1, w2, w3]),
            height: u32::from_be_bytes([h0, h1, h2, h3]),
            depth,
            colour,
            interlaced: interlace == 1,
        })
    }

    fn check_palette(&self, data: &[u8], state: ChunkOrder) -> Result<(), MediaError> {
        let most = match self.colour {
            3 => 1 << self.depth,
            2 | 6 => 256,
            _ => 0,
        };
        let colours = data.len() / 3;
        if state != ChunkOrder::Palette || !data.len().is_multiple_of(3) || colours == 0 || colours > most {
            return Err(damaged("has an invalid PLTE chunk"));
        }
        Ok(())
    }

    /// The inflated size of the pixels: a filter byte and the packed pixels for each row of each pass.
    fn expected_bytes(&self) -> u64 {
        // Start and step, across and down, of the passes of Adam7.
        const PASSES: [(u32, u32, u32, u32); 7] = [
            (0, 8, 0, 8),
            (4, 8, 0, 8),
            (0, 4, 4, 8),
            (2, 4, 0, 4),
            (0, 2, 2, 4),
            (1, 2, 0, 2),
            (0, 1, 1, 2),
        ];
        let channels = match self.colour {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        let bits = u64::from(self.depth) * channels;
        let rows = |width: u32, height: u32| match (width, height) {
            (0, _) | (_, 0) => 0,
            (width, height) => u64::from(height) * (1 + (u64::from(width) * bits).div_ceil(8)),
        };
        if !self.interlaced {
            return rows(self.width, self.height);
        }
        let part = |whole: u32, start: u32, step: u32| whole.saturating_sub(start).div_ceil(step);
        PASSES
            .iter()
            .map(|&(x, dx, y, dy)| rows(part(self.width, x, dx), part(self.height, y, dy)))
            .sum()
    }
}

/// Inflates the pixels without keeping them: not one byte may be missing or left over.
struct Pixels {
    inflate: Decompress,
    expected: u64,
    ended: bool,
    scratch: Vec<u8>,
}

impl Pixels {
    fn new(expected: u64) -> Self {
        Self {
            inflate: Decompress::new(true),
            expected,
            ended: false,
            scratch: vec![0; 64 << 10],
        }
    }

    fn feed(&mut self, mut data: &[u8]) -> Result<(), MediaError> {
        let hidden = || MediaError::new("picture.hidden-data", "has more data than pixels");
        while !self.ended {
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(data, &mut self.scratch, FlushDecompress::None)
                .map_err(|_| damaged("has pixels that cannot be inflated"))?;
            // Both are bounded by the slices given.
            data = &data[(self.inflate.total_in() - before.0) as usize..];
            if self.inflate.total_out() > self.expected {
                return Err(hidden());
            }
            self.ended = status == Status::StreamEnd;
            if !self.ended && self.inflate.total_out() == before.1 {
                return Ok(());
            }
        }
        if data.is_empty() { Ok(()) } else { Err(hidden()) }
    }

    fn finish(&self) -> Result<(), MediaError> {
        if self.ended && self.inflate.total_out() == self.expected {
            return Ok(());
        }
        Err(damaged("has fewer pixels than its header says"))
    }
}
