//! MP3: MPEG 1, 2 and 2.5, layer III, with ID3 and APE tags around it.

use super::{MediaError, Structure, array};

/// Walks from frame to frame, between the tags.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let mut metadata = Vec::new();
    let mut at = leading_tag(bytes, &mut metadata)?;
    let end = trailing_tags(bytes, at, &mut metadata)?;
    let sound = &bytes[..end];
    // Some taggers leave room between the tag and the first frame.
    at += sound[at..].iter().take_while(|&&byte| byte == 0).count();
    let first = Mp3Frame::read(&sound[at..]).ok_or_else(|| damaged("has no sound where it should begin"))?;
    let (mut samples, mut note) = (0_u64, None);
    while at < end {
        let frame = Mp3Frame::read(&sound[at..]).filter(|frame| frame.kind == first.kind);
        let Some(frame) = frame else {
            return Err(MediaError::new(
                "sound.hidden-data",
                "has bytes that belong to no frame",
            ));
        };
        if frame.bytes > end - at {
            note = Some(("sound.cut-off", "its last frame is not whole"));
            break;
        }
        samples += frame.samples;
        at += frame.bytes;
    }
    if samples == 0 {
        return Err(damaged("has no whole frame"));
    }
    Ok(Structure {
        sample_rate_hz: Some(first.kind.1),
        channels: Some(first.channels),
        samples: Some(samples),
        metadata,
        note,
        ..Structure::default()
    })
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}

/// The start of the sound: after the ID3v2 tag.
fn leading_tag<'a>(bytes: &'a [u8], metadata: &mut Vec<&'a [u8]>) -> Result<usize, MediaError> {
    const HEADER_BYTES: usize = 10;
    const FOOTER: u8 = 1 << 4;
    if !bytes.starts_with(b"ID3") {
        return Ok(0);
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
    metadata.push(bytes.get(..end).ok_or_else(wrong)?);
    Ok(end)
}

/// The end of the sound: before an APE tag, before an ID3v1 tag.
fn trailing_tags<'a>(bytes: &'a [u8], start: usize, metadata: &mut Vec<&'a [u8]>) -> Result<usize, MediaError> {
    const ID3_BYTES: usize = 128;
    const APE_BYTES: usize = 32;
    const HAS_HEADER: u32 = 1 << 31;
    let mut end = bytes.len();
    let tail = |end: usize, length: usize| end.checked_sub(length).filter(|&at| at >= start);
    if let Some(at) = tail(end, ID3_BYTES).filter(|&at| bytes[at..].starts_with(b"TAG")) {
        metadata.push(&bytes[at..end]);
        end = at;
    }
    if let Some(at) = tail(end, APE_BYTES).filter(|&at| bytes[at..].starts_with(b"APETAGEX")) {
        let field = |offset| array(bytes, at + offset).map_or(0, u32::from_le_bytes);
        let header = if field(20) & HAS_HEADER == 0 { 0 } else { APE_BYTES };
        let length = (field(12) as usize).saturating_add(header);
        let begin = tail(end, length).filter(|_| length >= APE_BYTES);
        let begin = begin.ok_or_else(|| damaged("has an invalid APE tag"))?;
        metadata.push(&bytes[begin..end]);
        end = begin;
    }
    Ok(end)
}

struct Mp3Frame {
    /// The properties that all frames share: version and rate.
    kind: (u8, u32),
    channels: u16,
    samples: u64,
    bytes: usize,
}

impl Mp3Frame {
    fn read(bytes: &[u8]) -> Option<Self> {
        const V1_KBITS: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const V2_KBITS: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        const RATES_HZ: [u32; 3] = [44_100, 48_000, 32_000];
        let &[0xff, second, third, fourth, ..] = bytes else {
            return None;
        };
        let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
        if second & 0xe0 != 0xe0 || version == 1 || layer != 1 {
            return None;
        }
        let rate_hz = *RATES_HZ.get(usize::from(third >> 2 & 3))?;
        // Version 2 halves the rate, version 2.5 halves it again.
        let (rate_hz, kbits, samples) = match version {
            3 => (rate_hz, &V1_KBITS, 1_152),
            2 => (rate_hz / 2, &V2_KBITS, 576),
            _ => (rate_hz / 4, &V2_KBITS, 576),
        };
        // 0 stands for a free rate, which hardly any player knows.
        let kbits = *kbits.get(usize::from(third >> 4)).filter(|&&kbits| kbits > 0)?;
        let padding = usize::from(third >> 1 & 1);
        Some(Self {
            kind: (version, rate_hz),
            channels: if fourth >> 6 == 3 { 1 } else { 2 },
            samples,
            bytes: samples as usize / 8 * kbits * 1_000 / rate_hz as usize + padding,
        })
    }
}
