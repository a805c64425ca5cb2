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

/// True when the data begins with the magic of a raster format that browsers show.
pub(super) fn is_picture(address: &str) -> bool {
    bytes(address, 64).is_some_and(|head| {
        head.starts_with(b"\x89PNG\r\n\x1a\n")
            || head.starts_with(b"\xff\xd8\xff")
            || head.starts_with(b"GIF87a")
            || head.starts_with(b"GIF89a")
            || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
    })
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
