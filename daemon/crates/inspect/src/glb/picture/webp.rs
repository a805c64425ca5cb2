//! WebP: the first chunk.

use super::{PictureError, PictureInfo};

pub fn read(bytes: &[u8]) -> Result<PictureInfo, PictureError> {
    let kind = bytes.get(12..16).ok_or(PictureError::UnexpectedEnd)?;
    let needed = if kind == b"VP8L" { 25 } else { 30 };
    let head = bytes.get(..needed).ok_or(PictureError::UnexpectedEnd)?;
    let byte = |at: usize| u32::from(head.get(at).copied().unwrap_or(0));
    let (width, height, unusual) = match kind {
        b"VP8 " => (
            (byte(26) | byte(27) << 8) & 0x3fff,
            (byte(28) | byte(29) << 8) & 0x3fff,
            false,
        ),
        b"VP8L" => (
            1 + (byte(21) | (byte(22) & 0x3f) << 8),
            1 + (byte(22) >> 6 | byte(23) << 2 | (byte(24) & 0xf) << 10),
            false,
        ),
        b"VP8X" => (
            1 + (byte(24) | byte(25) << 8 | byte(26) << 16),
            1 + (byte(27) | byte(28) << 8 | byte(29) << 16),
            // Animated, or with a colour profile.
            byte(20) & 0x22 != 0,
        ),
        _ => return Err(PictureError::Invalid("the first chunk of the WebP is not known")),
    };
    Ok(PictureInfo {
        mime_type: "image/webp",
        width,
        height,
        unusual,
    })
}
