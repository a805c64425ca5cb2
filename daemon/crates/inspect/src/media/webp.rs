//! WebP: lossy, lossless and extended, without animation.

use super::riff::{self, Form, Padding};
use super::{MediaError, Structure, array, dimensions};

const FORM: Form = Form {
    structure: "picture.structure",
    hidden: "picture.hidden-data",
    padding: Padding::Zero,
};

/// Walks the chunks and reads the size from the picture itself.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let chunks = riff::chunks(bytes, &FORM)?;
    let Some(((name, first), rest)) = chunks.list.split_first() else {
        return Err(damaged("has no pixels"));
    };
    let mut canvas = None;
    let mut metadata = Vec::new();
    let mut pictures = Vec::new();
    match name {
        b"VP8X" => canvas = Some(extended(first)?),
        b"VP8 " | b"VP8L" if rest.is_empty() => pictures.push(size(name, first)?),
        _ => return Err(damaged("does not begin with a picture, or has more than one")),
    }
    for (name, data) in rest {
        match name {
            b"VP8 " | b"VP8L" => pictures.push(size(name, data)?),
            b"ANIM" | b"ANMF" => return Err(animated()),
            b"VP8X" => return Err(damaged("has two headers")),
            // Transparency belongs to the pixels, and comes before them.
            b"ALPH" if pictures.is_empty() => {}
            _ => metadata.push(*data),
        }
    }
    let &[(width, height)] = pictures.as_slice() else {
        return Err(damaged("has no picture, or more than one"));
    };
    if canvas.is_some_and(|canvas| canvas != (width, height)) {
        return Err(damaged("has two sizes, one in its header and one in its picture"));
    }
    let (width, height) = dimensions(width, height)?;
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

fn animated() -> MediaError {
    MediaError::new("picture.animated", "is an animation, which is not accepted")
}

/// The canvas of an extended file.
fn extended(data: &[u8]) -> Result<(u32, u32), MediaError> {
    const ANIMATION: u8 = 1 << 1;
    let &[flags, _, _, _, w0, w1, w2, h0, h1, h2] = data else {
        return Err(damaged("has a header of the wrong length"));
    };
    if flags & ANIMATION != 0 {
        return Err(animated());
    }
    Ok((
        u32::from_le_bytes([w0, w1, w2, 0]) + 1,
        u32::from_le_bytes([h0, h1, h2, 0]) + 1,
    ))
}

/// The size in the image data.
fn size(name: &[u8; 4], data: &[u8]) -> Result<(u32, u32), MediaError> {
    let size = if name == b"VP8L" { lossless(data) } else { lossy(data) };
    size.ok_or_else(|| damaged("has invalid image data"))
}

fn lossless(data: &[u8]) -> Option<(u32, u32)> {
    let bits = u32::from_le_bytes(array(data, 1)?);
    let version = bits >> 29;
    (data[0] == 0x2f && version == 0).then_some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}

fn lossy(data: &[u8]) -> Option<(u32, u32)> {
    let &[tag, t1, t2, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = data else {
        return None;
    };
    let first_part_bytes = u32::from_le_bytes([tag, t1, t2, 0]) >> 5;
    let key_frame = tag & 1 == 0;
    let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    (key_frame && first_part_bytes as usize <= data.len() - 10).then_some((size(w0, w1), size(h0, h1)))
}
