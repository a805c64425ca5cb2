//! The headers of images inside models. The Khronos validator reads no further than the size, and a model gets the same verdict here: damaged
//! pixels, which [`super::inspect`] refuses in a file of its own, are found by the renderer.

use super::array;

/// The properties of an image in its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageHeader {
    pub mime_type: &'static str,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// Colors other than sRGB, pixels that are not square, or an animation: viewers differ in their support.
    pub is_unusual: bool,
}

/// The reason why the headers of an image cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// None of the known formats, by the signature.
    Unrecognized,
    Truncated,
    Invalid(&'static str),
}

/// The media type by the signature.
pub fn mime_type(bytes: &[u8]) -> Option<&'static str> {
    // Every image of these formats is longer.
    let head: [u8; 14] = array(bytes, 0)?;
    if head.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if head.starts_with(b"RIFF") && head.ends_with(b"WEBPVP") {
        Some("image/webp")
    } else if head.starts_with(b"\xabKTX 20\xbb\r\n\x1a\n") {
        Some("image/ktx2")
    } else {
        None
    }
}

/// Reads the headers up to the size of the image.
pub fn read(bytes: &[u8]) -> Result<ImageHeader, HeaderError> {
    let mime_type = mime_type(bytes).ok_or(HeaderError::Unrecognized)?;
    let (width, height, is_unusual) = match mime_type {
        "image/jpeg" => jpeg(bytes)?,
        "image/png" => png(bytes)?,
        "image/webp" => webp(bytes)?,
        _ => return Err(HeaderError::Unrecognized),
    };
    Ok(ImageHeader {
        mime_type,
        width,
        height,
        is_unusual,
    })
}

/// Width, height, and [`ImageHeader::is_unusual`].
type Size = (u32, u32, bool);

/// Reads segments up to the start of a frame.
fn jpeg(bytes: &[u8]) -> Result<Size, HeaderError> {
    let mut rest = bytes;
    loop {
        let (&marker, after) = rest.split_first().ok_or(HeaderError::Truncated)?;
        rest = after;
        // Markers without a segment, and the fill bytes before a marker.
        if matches!(marker, 0x01 | 0xd0..=0xd9 | 0xff) {
            continue;
        }
        let length = array(rest, 0).map(u16::from_be_bytes).map(usize::from);
        let length = length.ok_or(HeaderError::Truncated)?;
        if length < 2 {
            return Err(HeaderError::Invalid("the length of a JPEG segment is less than 2"));
        }
        let segment = rest.get(2..length).ok_or(HeaderError::Truncated)?;
        // SOF and DHP; DHT, JPG and DAC have numbers between them.
        if matches!(marker, 0xc0..=0xcf | 0xde) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return jpeg_frame(segment);
        }
        rest = &rest[length..];
    }
}

fn jpeg_frame(segment: &[u8]) -> Result<Size, HeaderError> {
    let &[_, h0, h1, w0, w1, components, ..] = segment else {
        return Err(HeaderError::Invalid("the JPEG frame header is too short"));
    };
    if !matches!(components, 1 | 3) {
        return Err(HeaderError::Invalid("a JPEG must have one or three color components"));
    }
    Ok((
        u16::from_be_bytes([w0, w1]).into(),
        u16::from_be_bytes([h0, h1]).into(),
        false,
    ))
}

/// Reads the first chunk.
fn webp(bytes: &[u8]) -> Result<Size, HeaderError> {
    let kind: [u8; 4] = array(bytes, 12).ok_or(HeaderError::Truncated)?;
    let needed = if &kind == b"VP8L" { 25 } else { 30 };
    let head = bytes.get(..needed).ok_or(HeaderError::Truncated)?;
    let u16_at = |at: usize| array(head, at).map_or(0, u16::from_le_bytes);
    let u24_at = |at: usize| u32::from(u16_at(at)) | u32::from(head[at + 2]) << 16;
    match &kind {
        b"VP8 " => Ok(((u16_at(26) & 0x3fff).into(), (u16_at(28) & 0x3fff).into(), false)),
        b"VP8L" => {
            let bits = array(head, 21).map_or(0, u32::from_le_bytes);
            Ok(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, false))
        }
        // The flags of an ICC profile and an animation.
        b"VP8X" => Ok((u24_at(24) + 1, u24_at(27) + 1, head[20] & 0x22 != 0)),
        _ => Err(HeaderError::Invalid("the first chunk of the WebP is not known")),
    }
}

/// A color space, as the chunks of a PNG define it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColorSpace {
    Undefined,
    Srgb,
    Linear,
    Custom,
}

/// Reads chunks up to the first IDAT.
fn png(bytes: &[u8]) -> Result<Size, HeaderError> {
    const SIGNATURE_BYTES: usize = 8;
    let u32_at = |bytes: &[u8], at: usize| array(bytes, at).map(u32::from_be_bytes);
    let mut size = None;
    let (mut transfer, mut primaries) = (ColorSpace::Undefined, ColorSpace::Undefined);
    let mut is_square = true;
    let mut at = SIGNATURE_BYTES;
    loop {
        let length = u32_at(bytes, at).ok_or(HeaderError::Truncated)? as usize;
        let kind: [u8; 4] = array(bytes, at + 4).ok_or(HeaderError::Truncated)?;
        if png_length(&kind).is_some_and(|expected| length != expected) {
            return Err(HeaderError::Invalid("a PNG chunk has the wrong length"));
        }
        if &kind == b"IDAT" {
            break;
        }
        let data = (at + 8).checked_add(length).and_then(|end| bytes.get(at + 8..end));
        let data = data.ok_or(HeaderError::Truncated)?;
        match &kind {
            b"IHDR" => size = u32_at(data, 0).zip(u32_at(data, 4)),
            b"iCCP" => (transfer, primaries) = (ColorSpace::Custom, ColorSpace::Custom),
            b"sRGB" => (transfer, primaries) = (ColorSpace::Srgb, ColorSpace::Srgb),
            b"pHYs" => is_square &= u32_at(data, 0) == u32_at(data, 4),
            b"gAMA" if transfer == ColorSpace::Undefined => {
                transfer = match u32_at(data, 0) {
                    Some(45455) => ColorSpace::Srgb,
                    Some(100_000) => ColorSpace::Linear,
                    _ => ColorSpace::Custom,
                };
            }
            b"cHRM" if primaries == ColorSpace::Undefined => {
                const SRGB: [u32; 8] = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
                let is_srgb = (0..)
                    .zip(SRGB)
                    .all(|(index, value)| u32_at(data, 4 * index) == Some(value));
                primaries = if is_srgb { ColorSpace::Srgb } else { ColorSpace::Custom };
            }
            _ => {}
        }
        // The CRC follows the data.
        at += 8 + length + 4;
    }
    let (width, height) = size.ok_or(HeaderError::Invalid("the PNG has no header"))?;
    let is_custom = transfer == ColorSpace::Custom || primaries == ColorSpace::Custom;
    Ok((width, height, is_custom || !is_square))
}

fn png_length(kind: &[u8; 4]) -> Option<usize> {
    match kind {
        b"IHDR" => Some(13),
        b"cHRM" => Some(32),
        b"sRGB" => Some(1),
        b"pHYs" => Some(9),
        b"gAMA" => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(segments: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        for (marker, data) in segments {
            bytes.extend([0xff, *marker]);
            bytes.extend((data.len() as u16 + 2).to_be_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    #[test]
    fn the_size_of_a_jpeg_is_in_its_frame() {
        let frame = [8, 0, 16, 0, 32, 3, 0, 0, 0];
        let info = read(&jpeg(&[(0xe0, b"JFIF\0"), (0xc2, &frame)])).unwrap();
        assert_eq!((info.mime_type, info.width, info.height), ("image/jpeg", 32, 16));
        // A Huffman table is none, though its marker looks like one.
        assert_eq!(read(&jpeg(&[(0xc4, &frame), (0xe0, b"")])), Err(HeaderError::Truncated));
        assert!(matches!(
            read(&jpeg(&[(0xc0, &[8, 0, 1, 0, 1, 4, 0, 0])])),
            Err(HeaderError::Invalid(_))
        ));
        assert!(matches!(
            read(&jpeg(&[(0xe0, b"JFIF\0\0\0"), (0xc0, &[8])])),
            Err(HeaderError::Invalid(_))
        ));
    }

    #[test]
    fn the_size_of_a_webp_is_in_its_first_chunk() {
        let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x01\0\0\x02\0\0".to_vec();
        let info = read(&bytes).unwrap();
        assert_eq!((info.width, info.height, info.is_unusual), (2, 3, true));
        bytes.pop();
        assert_eq!(read(&bytes), Err(HeaderError::Truncated));
        bytes[15] = b'Y';
        bytes.push(0);
        assert!(matches!(read(&bytes), Err(HeaderError::Invalid(_))));
    }

    #[test]
    fn other_bytes_are_no_picture() {
        for bytes in [&b""[..], b"\x89PNG", b"GIF89a________", b"<svg xmlns='x'/>"] {
            assert_eq!(read(bytes), Err(HeaderError::Unrecognized));
        }
    }
}
