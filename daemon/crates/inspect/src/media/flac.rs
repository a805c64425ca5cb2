//! FLAC (RFC 9639).

use super::{MediaError, Structure, array, crc};

/// Walks the metadata, then frame by frame: each ends where its checksum comes out and the next one begins, the last with the file.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let (info, metadata, mut at) = metadata(bytes)?;
    let mut samples = 0_u64;
    let mut expected = None;
    while at < bytes.len() {
        let frame = FlacFrame::read(&bytes[at..]).ok_or_else(|| match samples {
            0 => damaged("has no sound after its metadata"),
            _ => MediaError::new("sound.hidden-data", "has bytes that belong to no frame"),
        })?;
        if expected.is_some_and(|expected| expected != (frame.counts_samples, frame.number)) {
            return Err(damaged("has frames that are not in order"));
        }
        samples = samples.saturating_add(frame.samples);
        let next = (frame.counts_samples, frame.next_number());
        expected = Some(next);
        at = frame_end(bytes, at, frame.header_bytes, next)?;
    }
    if samples == 0 || (info.samples > 0 && info.samples != samples) {
        return Err(damaged("has a different number of samples than its header declares"));
    }
    Ok(Structure {
        sample_rate_hz: Some(info.sample_rate_hz),
        channels: Some(info.channels),
        samples: Some(samples),
        metadata,
        ..Structure::default()
    })
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}

struct Info {
    sample_rate_hz: u32,
    channels: u16,
    /// 0 when it was not known.
    samples: u64,
}

/// The first block, the others, and where the frames begin.
fn metadata(bytes: &[u8]) -> Result<(Info, Vec<&[u8]>, usize), MediaError> {
    const LAST: u8 = 0x80;
    const STREAM_INFO: u8 = 0;
    const PICTURE: u8 = 6;
    let mut info = None;
    let mut blocks = Vec::new();
    let mut at = 4;
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
        samples: packed & 0xf_ffff_ffff,
    })
}

/// The header of one frame.
struct FlacFrame {
    /// True when the coded number counts samples, not frames.
    counts_samples: bool,
    number: u64,
    samples: u64,
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

/// The end of the frame whose header is at `start`.
fn frame_end(bytes: &[u8], start: usize, header_bytes: usize, next: (bool, u64)) -> Result<usize, MediaError> {
    let (mut check, mut right_since) = (0, None);
    for (at, &byte) in bytes.iter().enumerate().skip(start) {
        // The sum is right once in 65,536 by chance; then the next frame decides.
        if byte == 0xff
            && let Some(since) = right_since
        {
            let follows = FlacFrame::read(&bytes[at..]);
            if follows.is_some_and(|frame| (frame.counts_samples, frame.number) == next) {
                return no_zeros(since, at);
            }
        }
        check = crc::flac_frame(check, byte);
        right_since = match check {
            0 if at + 1 >= start + header_bytes => right_since.or(Some(at + 1)),
            _ => None,
        };
    }
    right_since.map_or_else(
        || {
            Err(damaged(
                "is cut off, or has a frame with a wrong CRC, or bytes that belong to no frame",
            ))
        },
        |since| no_zeros(since, bytes.len()),
    )
}

/// Zeros leave the sum as it is: more of them than a sum may have itself are no part of the frame.
fn no_zeros(right_since: usize, end: usize) -> Result<usize, MediaError> {
    if end - right_since > 2 {
        return Err(MediaError::new(
            "sound.hidden-data",
            "has zeros that belong to no frame",
        ));
    }
    Ok(end)
}
