//! ID3 tags, and the others that taggers put around a sound.

use super::{MediaError, array};

const HEADER_BYTES: usize = 10;
/// Taggers that do not know the tag of another add one more.
const MAX_TAGS: usize = 4;

/// The length of the ID3v2 tag that the bytes begin with; `None` when they begin with something else.
///
/// # Errors
/// The tag is damaged.
pub(super) fn leading(bytes: &[u8]) -> Result<Option<usize>, MediaError> {
    const FOOTER: u8 = 1 << 4;
    if !bytes.starts_with(b"ID3") {
        return Ok(None);
    }
    let wrong = || damaged("has an ID3 tag that is cut off");
    let &[_, _, _, version, _, flags, s0, s1, s2, s3] = array::<HEADER_BYTES>(bytes, 0).as_ref().ok_or_else(wrong)?;
    // Seven bits a byte, so that a size never looks like a frame.
    let sizes = [s0, s1, s2, s3];
    if sizes.iter().any(|&part| part > 0x7f) || !(2..=4).contains(&version) {
        return Err(damaged("has an invalid ID3 tag"));
    }
    let length = sizes
        .iter()
        .fold(0_usize, |length, &part| length << 7 | usize::from(part));
    let footer = if flags & FOOTER == 0 { 0 } else { HEADER_BYTES };
    let end = HEADER_BYTES + length + footer;
    if end > bytes.len() {
        return Err(wrong());
    }
    Ok(Some(end))
}

/// The bytes behind the first ID3v2 tag.
pub(super) fn after_leading(bytes: &[u8]) -> &[u8] {
    let end = leading(bytes).ok().flatten().unwrap_or(0);
    &bytes[end..]
}

/// The ID3v2 tags that the bytes begin with: their length, and each of them.
pub(super) fn all_leading(bytes: &[u8]) -> Result<(usize, Vec<&[u8]>), MediaError> {
    let (mut at, mut tags) = (0, Vec::new());
    while tags.len() < MAX_TAGS
        && let Some(length) = leading(&bytes[at..])?
    {
        tags.push(&bytes[at..at + length]);
        at += length;
    }
    Ok((at, tags))
}

/// The name of a tag and its bytes.
pub(super) type Tag<'a> = (&'static str, &'a [u8]);

/// The tags that the bytes end with (ID3v1, APE, Lyrics3): where they begin, and each of them with its name.
pub(super) fn all_trailing(bytes: &[u8]) -> Result<(usize, Vec<Tag<'_>>), MediaError> {
    let (mut end, mut tags) = (bytes.len(), Vec::new());
    while tags.len() < MAX_TAGS
        && let Some((name, length)) = trailing(&bytes[..end])?
    {
        tags.push((name, &bytes[end - length..end]));
        end -= length;
    }
    Ok((end, tags))
}

/// The name and the length of the tag that the bytes end with.
pub(super) fn trailing(bytes: &[u8]) -> Result<Option<(&'static str, usize)>, MediaError> {
    const ID3V1_BYTES: usize = 128;
    let ends_as = |length: usize, mark: &[u8]| {
        bytes
            .len()
            .checked_sub(length)
            .is_some_and(|at| bytes[at..].starts_with(mark))
    };
    if ends_as(ID3V1_BYTES, b"TAG") {
        return Ok(Some(("ID3v1", ID3V1_BYTES)));
    }
    if bytes.ends_with(b"LYRICS200") || bytes.ends_with(b"LYRICSEND") {
        return Ok(Some(("Lyrics3", lyrics(bytes)?)));
    }
    ape(bytes).map(|length| length.map(|length| ("APE", length)))
}

fn ape(bytes: &[u8]) -> Result<Option<usize>, MediaError> {
    const FOOTER_BYTES: usize = 32;
    const HAS_HEADER: u32 = 1 << 31;
    let footer = bytes.len().checked_sub(FOOTER_BYTES).map(|at| &bytes[at..]);
    let Some(footer) = footer.filter(|footer| footer.starts_with(b"APETAGEX")) else {
        return Ok(None);
    };
    let field = |offset| array(footer, offset).map_or(0, u32::from_le_bytes);
    let header = if field(20) & HAS_HEADER == 0 { 0 } else { FOOTER_BYTES };
    let length = (field(12) as usize).saturating_add(header);
    if !(FOOTER_BYTES..=bytes.len()).contains(&length) {
        return Err(damaged("has an invalid APE tag"));
    }
    Ok(Some(length))
}

/// Version 2 ends with its length in six digits and its mark; version 1 is no longer than 5,100 bytes.
fn lyrics(bytes: &[u8]) -> Result<usize, MediaError> {
    const BEGIN: &[u8] = b"LYRICSBEGIN";
    const MARK_BYTES: usize = 9;
    const SIZE_BYTES: usize = 6;
    const VERSION_1_BYTES: usize = 5_100 + 20;
    let wrong = || damaged("has a Lyrics3 tag that is damaged: remove it with a tag editor");
    let length = if bytes.ends_with(b"LYRICS200") {
        let end = bytes.len() - MARK_BYTES;
        let digits = end
            .checked_sub(SIZE_BYTES)
            .map(|at| &bytes[at..end])
            .ok_or_else(wrong)?;
        let size = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse::<usize>().ok());
        size.ok_or_else(wrong)? + SIZE_BYTES + MARK_BYTES
    } else {
        let from = bytes.len().saturating_sub(VERSION_1_BYTES);
        let at = memchr::memmem::rfind(&bytes[from..], BEGIN).ok_or_else(wrong)?;
        bytes.len() - from - at
    };
    let begins = bytes
        .len()
        .checked_sub(length)
        .is_some_and(|at| bytes[at..].starts_with(BEGIN));
    if begins { Ok(length) } else { Err(wrong()) }
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}
