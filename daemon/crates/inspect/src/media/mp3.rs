//! MP3: MPEG 1, 2 and 2.5, layer III, with ID3 and APE tags around it.

use super::{MediaError, Structure, id3};

/// Walks from frame to frame, between the tags.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let (mut at, mut metadata) = id3::all_leading(bytes)?;
    let (sound_bytes, trailing) = id3::all_trailing(&bytes[at..])?;
    let mut notes = notes(&metadata, &trailing);
    metadata.extend(trailing.into_iter().map(|(_, tag)| tag));
    let end = at + sound_bytes;
    let sound = &bytes[..end];
    // Some taggers leave room between the tag and the first frame.
    at += sound[at..].iter().take_while(|&&byte| byte == 0).count();
    let first = Mp3Frame::read(&sound[at..]).ok_or_else(|| no_sound(&sound[at..]))?;
    let mut samples = 0_u64;
    while at < end {
        let frame = Mp3Frame::read(&sound[at..]).filter(|frame| frame.kind == first.kind);
        let Some(frame) = frame else {
            return Err(MediaError::new(
                "sound.hidden-data",
                "has bytes that belong to no frame",
            ));
        };
        if frame.bytes > end - at {
            notes.push(("sound.cut-off", "its last frame is not whole".to_owned()));
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
        notes,
        ..Structure::default()
    })
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}

/// Tags beyond those that every player expects.
fn notes(leading: &[&[u8]], trailing: &[(&'static str, &[u8])]) -> Vec<(&'static str, String)> {
    const RULE: &str = "sound.unusual";
    let mut notes = Vec::new();
    if leading.len() > 1 {
        let message = "has more than one ID3v2 tag: players read the first one; remove the others with a tag editor";
        notes.push((RULE, message.to_owned()));
    }
    for (index, (name, _)) in trailing.iter().enumerate() {
        if trailing[..index].iter().any(|(other, _)| other == name) {
            notes.push((RULE, format!("has the {name} tag twice: remove one with a tag editor")));
        }
    }
    if trailing.iter().any(|(name, _)| *name == "Lyrics3") {
        notes.push((RULE, "has a Lyrics3 tag, which few players read".to_owned()));
    }
    notes
}

fn no_sound(bytes: &[u8]) -> MediaError {
    const FREE: &str = "is encoded with a free bit rate, which hardly any player reads: encode it with one of the standard, such as 192 kbit/s";
    if is_free_rate(bytes) {
        return MediaError::new("sound.encoding", FREE);
    }
    damaged("has no sound where it should begin: save it again as MP3")
}

/// A frame header whose bit rate is 0, which stands for any.
fn is_free_rate(bytes: &[u8]) -> bool {
    let &[first, second, third, ..] = bytes else {
        return false;
    };
    // Any other bit rate in its place makes a frame.
    third >> 4 == 0 && Mp3Frame::read(&[first, second, third | 0x10, 0]).is_some()
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
