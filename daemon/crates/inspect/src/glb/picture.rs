//! What a picture inside a model is, from its headers alone; its pixels are for the renderer.

mod jpeg;
mod png;
mod webp;

/// What the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureInfo {
    pub mime_type: &'static str,
    pub width: u32,
    pub height: u32,
    /// Colours other than sRGB, pixels that are not square, or an animation: viewers differ in what they make of it.
    pub unusual: bool,
}

/// Why a picture cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureError {
    /// None of the known formats, by its first bytes.
    Unrecognized,
    UnexpectedEnd,
    Invalid(&'static str),
}

/// The kind of picture that the bytes begin as.
pub fn mime_type(bytes: &[u8]) -> Option<&'static str> {
    // No picture of any of the kinds is shorter.
    let head: &[u8; 14] = bytes.first_chunk()?;
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

/// Reads the headers up to the size of the picture.
pub fn read(bytes: &[u8]) -> Result<PictureInfo, PictureError> {
    match mime_type(bytes) {
        Some("image/jpeg") => jpeg::read(bytes),
        Some("image/png") => png::read(bytes),
        Some("image/webp") => webp::read(bytes),
        _ => Err(PictureError::Unrecognized),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|quad: &[u8; 4]| u32::from_be_bytes(*quad))
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
        assert_eq!(
            read(&jpeg(&[(0xc4, &frame), (0xe0, b"")])),
            Err(PictureError::UnexpectedEnd)
        );
        assert!(matches!(
            read(&jpeg(&[(0xc0, &[8, 0, 1, 0, 1, 4, 0, 0])])),
            Err(PictureError::Invalid(_))
        ));
        assert!(matches!(
            read(&jpeg(&[(0xe0, b"JFIF\0\0\0"), (0xc0, &[8])])),
            Err(PictureError::Invalid(_))
        ));
    }

    #[test]
    fn the_size_of_a_webp_is_in_its_first_chunk() {
        let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x01\0\0\x02\0\0".to_vec();
        let info = read(&bytes).unwrap();
        assert_eq!((info.width, info.height, info.unusual), (2, 3, true));
        bytes.pop();
        assert_eq!(read(&bytes), Err(PictureError::UnexpectedEnd));
        bytes[15] = b'Y';
        bytes.push(0);
        assert!(matches!(read(&bytes), Err(PictureError::Invalid(_))));
    }

    #[test]
    fn other_bytes_are_no_picture() {
        for bytes in [&b""[..], b"\x89PNG", b"GIF89a________", b"<svg xmlns='x'/>"] {
            assert_eq!(read(bytes), Err(PictureError::Unrecognized));
        }
    }
}
