//! SVGZ: one gzip member, inflated within bounds.

use std::io::Read;

use flate2::bufread::GzDecoder;

/// The magic of gzip.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The largest ratio, as for every member of a pack.
const MAX_RATIO: u64 = 50;
/// Smaller output has no limit of its ratio.
const FREE_BYTES: u64 = 64 << 10;
const CHUNK: usize = 64 << 10;

/// The reason why nothing was unpacked.
pub(super) enum GzipError {
    TooLarge,
    Refused(&'static str),
}

/// Inflates at most `max_bytes`. Size and ratio are counted while inflating; nothing may follow the member.
pub(super) fn inflate(bytes: &[u8], max_bytes: u64) -> Result<Vec<u8>, GzipError> {
    let most_by_ratio = FREE_BYTES.max((bytes.len() as u64).saturating_mul(MAX_RATIO));
    let mut decoder = GzDecoder::new(bytes);
    let mut plain = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = decoder.read(&mut chunk).map_err(|_| {
            GzipError::Refused("is compressed with gzip and damaged: compress it again, or upload the plain SVG")
        })?;
        if read == 0 {
            break;
        }
        plain.extend_from_slice(&chunk[..read]);
        if plain.len() as u64 > most_by_ratio {
            return Err(GzipError::Refused(
                "grows to more than 50 times its size when it is unpacked: upload the plain SVG",
            ));
        }
        if plain.len() as u64 > max_bytes {
            return Err(GzipError::TooLarge);
        }
    }
    if !decoder.into_inner().is_empty() {
        return Err(GzipError::Refused("has data after its compressed content"));
    }
    if plain.starts_with(&MAGIC) {
        return Err(GzipError::Refused("is compressed twice"));
    }
    Ok(plain)
}
