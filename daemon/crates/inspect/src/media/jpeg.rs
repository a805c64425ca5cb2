//! JPEG (JFIF and Exif): baseline, extended and progressive, with Huffman coding.

use super::{MediaError, Structure, array, dimensions};

/// Progressive pictures have about ten; many of them are a way to keep a decoder busy.
const MAX_SCANS: usize = 200;

/// Walks from marker to marker to the end of the picture, which must be the end of the file.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let mut shape = Structure::default();
    let mut index_of_pictures = None;
    let mut seen = Seen::default();
    let mut at = 2;
    loop {
        let marker;
        (marker, at) = next_marker(bytes, at)?;
        if marker == 0xd9 {
            break;
        }
        let segment = segment(bytes, at)?;
        if marker == 0xe2 && segment.starts_with(b"MPF\0") {
            // With its marker.
            index_of_pictures = Some(at - 2..at + 2 + segment.len());
        }
        at += 2 + segment.len();
        match marker {
            0xc0..=0xc2 => {
                if seen.frame {
                    return Err(damaged("has two frames"));
                }
                seen.frame = true;
                (shape.width, shape.height) = frame(segment)?;
            }
            0xc4 => seen.huffman = true,
            0xdb => seen.quantisation = true,
            0xda => {
                if !(seen.frame && seen.huffman && seen.quantisation) {
                    return Err(damaged("has a scan before its frame header and tables"));
                }
                seen.scans += 1;
                if seen.scans > MAX_SCANS {
                    return Err(damaged("has more scans than any program writes"));
                }
                at = scan_end(bytes, at)?;
            }
            0xdd if segment.len() == 2 => {}
            0xe0..=0xef | 0xfe => shape.metadata.push(segment),
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => {
                return Err(damaged(
                    "is lossless, hierarchical or arithmetic, which browsers do not read: save it as baseline or progressive JPEG",
                ));
            }
            _ => return Err(damaged("has a marker in the wrong place")),
        }
    }
    if seen.scans == 0 {
        return Err(damaged("has no pixels"));
    }
    let rest = &bytes[at..];
    if rest.is_empty() {
        return Ok(shape);
    }
    let Some(what) = trailer(rest) else {
        let message = format!("has {} bytes after its end: save it again without them", rest.len());
        return Err(MediaError::new("picture.hidden-data", message));
    };
    let message = format!(
        "{what} follows the picture ({} bytes). Buyers get the file without it; to upload one without it, save the picture again.",
        rest.len()
    );
    shape.notes.push(("picture.cleaned", message));
    shape.kept = Some(match index_of_pictures {
        Some(index) => vec![0..index.start, index.end..at],
        None => std::iter::once(0..at).collect(),
    });
    Ok(shape)
}

/// The name of what cameras and phones write after a picture; `None` for anything else.
fn trailer(rest: &[u8]) -> Option<&'static str> {
    const NEAR: usize = 256;
    let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
    let start = &rest[zeros..];
    let near = &rest[..rest.len().min(NEAR)];
    if start.is_empty() {
        return Some("A run of zeros");
    }
    if memchr::memmem::find(near, b"ftyp").is_some() || memchr::memmem::find(rest, b"MotionPhoto_Data").is_some() {
        return Some("A video (a motion photo of a phone)");
    }
    if start.starts_with(b"\xff\xd8\xff") {
        return Some("A second picture (MPF, as phones and cameras write it)");
    }
    // Written by phones of Samsung: blocks, then a directory that ends the file.
    if rest.ends_with(b"SEFT") && memchr::memmem::find(rest, b"SEFH").is_some() {
        return Some("A block of data of a Samsung phone");
    }
    None
}

#[derive(Default)]
struct Seen {
    frame: bool,
    huffman: bool,
    quantisation: bool,
    scans: usize,
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("picture.structure", what)
}

/// The marker at an offset, after any number of fill bytes, and where it ends.
fn next_marker(bytes: &[u8], mut at: usize) -> Result<(u8, usize), MediaError> {
    if bytes.get(at).is_some_and(|&byte| byte != 0xff) {
        return Err(MediaError::new(
            "picture.hidden-data",
            "has bytes that belong to no segment",
        ));
    }
    while bytes.get(at) == Some(&0xff) {
        at += 1;
    }
    let marker = *bytes.get(at).ok_or_else(|| damaged("is cut off"))?;
    Ok((marker, at + 1))
}

/// A segment's contents; its length counts the two bytes of the length.
fn segment(bytes: &[u8], at: usize) -> Result<&[u8], MediaError> {
    let length = array(bytes, at).map(u16::from_be_bytes).map(usize::from);
    length
        .filter(|&length| length >= 2)
        .and_then(|length| bytes.get(at + 2..at + length))
        .ok_or_else(|| damaged("is cut off, or has a segment of the wrong length"))
}

fn frame(segment: &[u8]) -> Result<(Option<u32>, Option<u32>), MediaError> {
    let &[depth, h0, h1, w0, w1, count, ref components @ ..] = segment else {
        return Err(damaged("has a header that is cut off"));
    };
    if depth != 8 {
        return Err(MediaError::new(
            "picture.colours",
            "has more than 8 bits for each colour; save it with 8",
        ));
    }
    if count == 4 {
        return Err(MediaError::new(
            "picture.colours",
            "is in CMYK, which screens show in different colours; save it as RGB",
        ));
    }
    let sane = |component: &[u8]| matches!(component, [_, sampling, 0..=3] if (1..=4).contains(&(sampling >> 4)) && (1..=4).contains(&(sampling & 15)));
    let whole = components.len() == usize::from(count) * 3;
    if ![1, 3].contains(&count) || !whole || !components.chunks(3).all(sane) {
        return Err(damaged("has an invalid header"));
    }
    dimensions(u16::from_be_bytes([w0, w1]).into(), u16::from_be_bytes([h0, h1]).into())
}

/// The end of the coded pixels: at the first marker that is neither a stuffed byte nor a restart.
fn scan_end(bytes: &[u8], mut at: usize) -> Result<usize, MediaError> {
    loop {
        let found = bytes.get(at..).and_then(|rest| memchr::memchr(0xff, rest));
        at += found.ok_or_else(|| damaged("is cut off"))?;
        match bytes.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return Ok(at),
            None => return Err(damaged("is cut off")),
        }
    }
}
