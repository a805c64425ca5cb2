//! PNG: chunks up to the first one with pixels.

use super::{PictureError, PictureInfo, u32_at};

const SIGNATURE_LENGTH: usize = 8;

/// What the chunks say about colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Space {
    Unknown,
    Srgb,
    Linear,
    Custom,
}

struct Found {
    size: Option<(u32, u32)>,
    transfer: Space,
    primaries: Space,
    square: bool,
}

pub fn read(bytes: &[u8]) -> Result<PictureInfo, PictureError> {
    let mut found = Found {
        size: None,
        transfer: Space::Unknown,
        primaries: Space::Unknown,
        square: true,
    };
    let mut at = SIGNATURE_LENGTH;
    loop {
        let length = u32_at(bytes, at).ok_or(PictureError::UnexpectedEnd)? as usize;
        let kind = bytes.get(at + 4..at + 8).ok_or(PictureError::UnexpectedEnd)?;
        check_length(kind, length)?;
        if kind == b"IDAT" {
            return found.finish();
        }
        let data = (at + 8)
            .checked_add(length)
            .and_then(|end| bytes.get(at + 8..end))
            .ok_or(PictureError::UnexpectedEnd)?;
        found.chunk(kind, data);
        // Behind the data is its checksum.
        at += 8 + length + 4;
    }
}

fn check_length(kind: &[u8], length: usize) -> Result<(), PictureError> {
    let expected = match kind {
        b"IHDR" => 13,
        b"cHRM" => 32,
        b"sRGB" => 1,
        b"pHYs" => 9,
        b"gAMA" => 4,
        _ => return Ok(()),
    };
    if length == expected {
        Ok(())
    } else {
        Err(PictureError::Invalid("a PNG chunk has the wrong length"))
    }
}

impl Found {
    fn chunk(&mut self, kind: &[u8], data: &[u8]) {
        match kind {
            b"IHDR" => self.size = u32_at(data, 0).zip(u32_at(data, 4)),
            b"iCCP" => (self.transfer, self.primaries) = (Space::Custom, Space::Custom),
            b"sRGB" => (self.transfer, self.primaries) = (Space::Srgb, Space::Srgb),
            b"pHYs" => self.square &= u32_at(data, 0) == u32_at(data, 4),
            b"gAMA" if self.transfer == Space::Unknown => {
                self.transfer = match u32_at(data, 0) {
                    Some(45455) => Space::Srgb,
                    Some(100_000) => Space::Linear,
                    _ => Space::Custom,
                };
            }
            b"cHRM" if self.primaries == Space::Unknown => {
                const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
                let same = SRGB
                    .iter()
                    .enumerate()
                    .all(|(index, value)| u32_at(data, 4 * index) == Some(*value));
                self.primaries = if same { Space::Srgb } else { Space::Custom };
            }
            _ => {}
        }
    }

    fn finish(self) -> Result<PictureInfo, PictureError> {
        let (width, height) = self.size.ok_or(PictureError::Invalid("the PNG has no header"))?;
        Ok(PictureInfo {
            mime_type: "image/png",
            width,
            height,
            unusual: self.transfer == Space::Custom || self.primaries == Space::Custom || !self.square,
        })
    }
}
