//! Pictures inside an address: `data:image/png;base64,...`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// True for a raster picture of a format that browsers show, by its first bytes: browsers do not look at the media type either, unless it is SVG's.
pub(super) fn is_picture(address: &str) -> bool {
    picture_type(address).is_some() && !media_type(address).contains("svg")
}

/// True for a font, by its first bytes.
pub(super) fn is_font(address: &str) -> bool {
    const MAGICS: [&[u8]; 6] = [b"\0\x01\0\0", b"OTTO", b"true", b"ttcf", b"wOFF", b"wOF2"];
    bytes(address, 4).is_some_and(|head| MAGICS.iter().any(|magic| head.starts_with(magic)))
}

/// The address with the media type of its picture; `None` when it has the right one, or is no picture.
pub(super) fn with_right_type(address: &str) -> Option<String> {
    let right = picture_type(address).filter(|_| is_picture(address))?;
    let (head, data) = address.split_once(',')?;
    (media_type(head) != right).then(|| format!("data:{right};base64,{data}"))
}

/// The media type by the first bytes.
fn picture_type(address: &str) -> Option<&'static str> {
    let head = bytes(address, 64)?;
    let types: [(&[u8], &str); 4] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
    ];
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    let found = types.into_iter().find(|(magic, _)| head.starts_with(magic));
    found.map(|(_, media_type)| media_type)
}

/// The media type that the address declares, in lower case; empty without one.
fn media_type(address: &str) -> String {
    let head = address.split([';', ',']).next().unwrap_or_default();
    let head = head.trim().to_ascii_lowercase();
    head.strip_prefix("data:").unwrap_or(&head).trim().to_owned()
}

/// The number of pixels in the header of the picture; `None` when the header is not understood.
pub(super) fn pixels(address: &str) -> Option<u64> {
    let data = bytes(address, usize::MAX)?;
    let size = imagesize::blob_size(&data).ok()?;
    Some((size.width as u64).saturating_mul(size.height as u64))
}

/// The data of a base64 address, or as much of its beginning as is wanted.
fn bytes(address: &str, wanted: usize) -> Option<Vec<u8>> {
    let (head, data) = address.split_once(',')?;
    if !head.trim_end().to_ascii_lowercase().ends_with("base64") {
        return None;
    }
    let most = wanted.div_ceil(3).saturating_mul(4);
    let mut plain: Vec<u8> = data
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
        .take(most)
        .collect();
    // One character alone carries no byte.
    if plain.len() % 4 == 1 {
        plain.pop();
    }
    LENIENT.decode(plain).ok()
}
