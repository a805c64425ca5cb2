//! FLAC (RFC 9639).

use super::flac_bits::BitReader;
use super::{MediaError, Structure, array, crc, id3};

const SIGNATURE_BYTES: usize = 4;

/// Walks the metadata, then frame by frame: each ends where its samples end, with a right checksum, and the last one ends the file.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let (start, mut metadata) = id3::all_leading(bytes)?;
    let (info, blocks, mut at) = blocks(bytes, start + SIGNATURE_BYTES)?;
    metadata.extend(blocks);
    let mut samples = 0_u64;
    let mut expected = None;
    let mut end = bytes.len();
    while at < end {
        let Some(frame) = FlacFrame::read(&bytes[at..end]) else {
            if samples == 0 {
                return Err(damaged("has no sound after its metadata"));
            }
            end = before_tags(bytes, at, &mut metadata)?;
            break;
        };
        if expected.is_some_and(|expected| expected != (frame.counts_samples, frame.number)) {
            return Err(damaged("has frames that are not in order"));
        }
        samples = samples.saturating_add(frame.samples);
        expected = Some((frame.counts_samples, frame.next_number()));
        at += frame_bytes(&bytes[at..end], &frame, info.bits)?;
    }
    if samples == 0 || (info.samples > 0 && info.samples != samples) {
        return Err(damaged("has a different number of samples than its header declares"));
    }
    let (mut notes, mut kept) = (Vec::new(), None);
    if start > 0 || end < bytes.len() {
        let message = "has an ID3 or APE tag around it, which is none of FLAC's and stops some players. Buyers get the file without it.";
        notes.push(("sound.cleaned", message.to_owned()));
        kept = Some(std::iter::once(start..end).collect());
    }
    Ok(Structure {
        sample_rate_hz: Some(info.sample_rate_hz),
        channels: Some(info.channels),
        samples: Some(samples),
        metadata,
        notes,
        kept,
        ..Structure::default()
    })
}

/// The end of the sound, when only tags follow it.
fn before_tags<'a>(bytes: &'a [u8], at: usize, metadata: &mut Vec<&'a [u8]>) -> Result<usize, MediaError> {
    let (sound_bytes, tags) = id3::all_trailing(&bytes[at..])?;
    if sound_bytes > 0 {
        let message = "has bytes that belong to no frame: save it again as FLAC";
        return Err(MediaError::new("sound.hidden-data", message));
    }
    metadata.extend(tags.into_iter().map(|(_, tag)| tag));
    Ok(at)
}

/// The length of a frame, whose checksum is right.
fn frame_bytes(bytes: &[u8], frame: &FlacFrame, stream_bits: u32) -> Result<usize, MediaError> {
    const CHECK_BYTES: usize = 2;
    let wrong = || damaged("is cut off, or has a frame that is damaged: save it again as FLAC");
    let bits = if frame.bits == 0 { stream_bits } else { frame.bits };
    let mut reader = BitReader::new(bytes, frame.header_bytes);
    for channel in 0..frame.channels {
        let bits = bits + u32::from(frame.side == Some(channel));
        reader.skip_subframe(frame.samples as usize, bits).ok_or_else(wrong)?;
    }
    let end = reader.byte() + CHECK_BYTES;
    let whole = bytes.get(..end).ok_or_else(wrong)?;
    let check = whole.iter().fold(0, |check, &byte| crc::flac_frame(check, byte));
    if check == 0 { Ok(end) } else { Err(wrong()) }
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}

struct Info {
    sample_rate_hz: u32,
    channels: u16,
    /// Bits of each sample.
    bits: u32,
    /// 0 when it was not known.
    samples: u64,
}

/// The first block, the others, and where the frames begin.
fn blocks(bytes: &[u8], mut at: usize) -> Result<(Info, Vec<&[u8]>, usize), MediaError> {
    const LAST: u8 = 0x80;
    const STREAM_INFO: u8 = 0;
    const PICTURE: u8 = 6;
    let mut info = None;
    let mut blocks = Vec::new();
    loop {
        let header = array(bytes, at).map(u32::from_be_bytes);
        let header = header.ok_or_else(|| damaged("is cut off"))?;
        let [kind, ..] = header.to_be_bytes();
        let length = (header & 0xff_ffff) as usize;
        let data = bytes
            .get(at + 4..at + 4 + length)
            .ok_or_else(|| damaged("is cut off"))?;
        at += 4 + length;
        match (kind & !LAST, &info) {
            (STREAM_INFO, None) => info = Some(stream_info(data)?),
            (1..=PICTURE, Some(_)) => blocks.push(data),
            _ => return Err(damaged("has metadata of an unknown kind, or not in order")),
        }
        if kind & LAST != 0 {
            let info = info.ok_or_else(|| damaged("has no header"))?;
            return Ok((info, blocks, at));
        }
    }
}

fn stream_info(data: &[u8]) -> Result<Info, MediaError> {
    let packed = array(data, 10).map(u64::from_be_bytes).filter(|_| data.len() == 34);
    let packed = packed.ok_or_else(|| damaged("has a header of the wrong length"))?;
    let sample_rate_hz = (packed >> 44) as u32;
    if sample_rate_hz == 0 {
        return Err(damaged("has an invalid header"));
    }
    Ok(Info {
        sample_rate_hz,
        channels: (packed >> 41 & 7) as u16 + 1,
        bits: (packed >> 36 & 31) as u32 + 1,
        samples: packed & 0xf_ffff_ffff,
    })
}

/// The header of one frame.
struct FlacFrame {
    /// True when the coded number counts samples, not frames.
    counts_samples: bool,
    number: u64,
    samples: u64,
    channels: u8,
    /// The channel that has the difference of two, and one bit more.
    side: Option<u8>,
    /// Bits of each sample; 0 when the header of the stream has the number.
    bits: u32,
    header_bytes: usize,
}

impl FlacFrame {
    fn read(bytes: &[u8]) -> Option<Self> {
        let &[0xff, sync, sizes, channels, ..] = bytes else {
            return None;
        };
        let (size, rate) = (sizes >> 4, sizes & 15);
        let reserved = sync & 0xfe != 0xf8 || size == 0 || rate == 15 || channels >> 4 > 10 || channels & 1 != 0;
        if reserved || (channels >> 1 & 7) == 3 {
            return None;
        }
        let (number, number_bytes) = coded_number(&bytes[4..])?;
        let mut at = 4 + number_bytes;
        let samples = match size {
            1 => 192,
            2..=5 => 576 << (size - 2),
            6 => u64::from(*bytes.get(at)?) + 1,
            7 => u64::from(u16::from_be_bytes(array(bytes, at)?)) + 1,
            _ => 256 << (size - 8),
        };
        at += [6, 7].iter().position(|&code| code == size).map_or(0, |more| more + 1);
        at += match rate {
            12 => 1,
            13 | 14 => 2,
            _ => 0,
        };
        let header = bytes.get(..=at)?;
        (crc::flac_header(header) == 0).then_some(Self {
            counts_samples: sync & 1 == 1,
            number,
            samples,
            channels: if channels >> 4 > 7 { 2 } else { (channels >> 4) + 1 },
            side: match channels >> 4 {
                8 | 10 => Some(1),
                9 => Some(0),
                _ => None,
            },
            bits: [0, 8, 12, 0, 16, 20, 24, 32][usize::from(channels >> 1 & 7)],
            header_bytes: header.len(),
        })
    }

    fn next_number(&self) -> u64 {
        let step = if self.counts_samples { self.samples } else { 1 };
        self.number.saturating_add(step)
    }
}

/// A number of up to 36 bits, written as UTF-8 would; its value and length.
fn coded_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = match first.leading_ones() {
        0 => return Some((first.into(), 1)),
        ones @ 2..=7 => ones as usize,
        _ => return None,
    };
    let bits = u64::from(first) & (0x7f_u64 >> length);
    let rest = bytes.get(1..length)?;
    let value = rest.iter().try_fold(bits, |value, &byte| {
        (byte & 0xc0 == 0x80).then_some(value << 6 | u64::from(byte & 0x3f))
    })?;
    Some((value, length))
}
