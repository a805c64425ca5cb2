//! JPEG: segments up to the one with the size.

use super::{PictureError, PictureInfo};

pub fn read(bytes: &[u8]) -> Result<PictureInfo, PictureError> {
    let mut rest = bytes;
    loop {
        let (&marker, after) = rest.split_first().ok_or(PictureError::UnexpectedEnd)?;
        rest = after;
        if !has_segment(marker) {
            continue;
        }
        let &[high, low, ..] = rest else {
            return Err(PictureError::UnexpectedEnd);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(PictureError::Invalid("the length of a JPEG segment is less than 2"));
        }
        let segment = rest.get(2..length).ok_or(PictureError::UnexpectedEnd)?;
        if is_frame(marker) {
            return frame(segment);
        }
        rest = &rest[length..];
    }
}

/// Markers that stand alone, and the fill bytes before a marker, have no segment.
fn has_segment(marker: u8) -> bool {
    !matches!(marker, 0x01 | 0xd0..=0xd9 | 0xff)
}

/// The start of a frame, or of a hierarchy of frames.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf | 0xde) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn frame(segment: &[u8]) -> Result<PictureInfo, PictureError> {
    let &[_, height_high, height_low, width_high, width_low, channels, ..] = segment else {
        return Err(PictureError::Invalid("the JPEG frame header is too short"));
    };
    if !matches!(channels, 1 | 3) {
        return Err(PictureError::Invalid("a JPEG must have one or three color channels"));
    }
    Ok(PictureInfo {
        mime_type: "image/jpeg",
        width: u16::from_be_bytes([width_high, width_low]).into(),
        height: u16::from_be_bytes([height_high, height_low]).into(),
        unusual: false,
    })
}
