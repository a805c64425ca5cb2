//! Ogg with one stream of Vorbis or Opus.

use super::{MediaError, Structure, array, crc};

/// The granule position of a page in which no packet ends.
const NO_POSITION: u64 = u64::MAX;
const OPUS_RATE_HZ: u32 = 48_000;

/// Walks page by page to the end of the file.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    let first = Page::read(bytes)?;
    let stream = Stream::read(first.body)?;
    let mut expected = first.clone();
    let (mut at, mut metadata, mut packets, mut position, mut ended) = (0, Vec::new(), 0_u64, 0, false);
    while at < bytes.len() {
        let page = Page::read(&bytes[at..])?;
        if ended || page.serial != first.serial || page.begins != (at == 0) {
            return Err(MediaError::new(
                "sound.encoding",
                "has more than one stream in it; only one of Vorbis or Opus is accepted",
            ));
        }
        if page.number != expected.number {
            return Err(damaged("has a page missing, or pages that are not in order"));
        }
        expected.number = expected.number.wrapping_add(1);
        packets += page.packets;
        // Headers come before the first page with a time.
        if position == 0 && [0, NO_POSITION].contains(&page.position) {
            metadata.push(page.body);
        }
        if page.position != NO_POSITION {
            if page.position < position {
                return Err(damaged("has times that go backwards"));
            }
            position = page.position;
        }
        ended = page.ends;
        at += page.bytes;
    }
    // A page without a packet's end before the sound begins is rare, and not worth a fault.
    let samples = position.saturating_sub(stream.skip);
    if samples == 0 || position > packets.saturating_mul(stream.packet_samples) {
        return Err(damaged(
            "has no sound, or declares a longer duration than its packets have",
        ));
    }
    Ok(Structure {
        sample_rate_hz: Some(stream.sample_rate_hz),
        channels: Some(stream.channels),
        samples: Some(samples),
        metadata,
        ..Structure::default()
    })
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}

#[derive(Clone)]
struct Page<'a> {
    begins: bool,
    ends: bool,
    /// The granule position: the time at the end of the last packet that ends here, in samples.
    position: u64,
    serial: u32,
    number: u32,
    /// The number of packets that end here.
    packets: u64,
    body: &'a [u8],
    bytes: usize,
}

impl<'a> Page<'a> {
    /// A page with a right checksum.
    fn read(bytes: &'a [u8]) -> Result<Self, MediaError> {
        const HEADER_BYTES: usize = 27;
        const CHECK: std::ops::Range<usize> = 22..26;
        if !bytes.starts_with(b"OggS") {
            return Err(MediaError::new("sound.hidden-data", "has bytes that belong to no page"));
        }
        let cut = || damaged("is cut off");
        let header = array::<HEADER_BYTES>(bytes, 0).ok_or_else(cut)?;
        let body_at = HEADER_BYTES + usize::from(header[26]);
        let lacing = bytes.get(HEADER_BYTES..body_at).ok_or_else(cut)?;
        let body_bytes: usize = lacing.iter().map(|&length| usize::from(length)).sum();
        let body = bytes.get(body_at..body_at + body_bytes).ok_or_else(cut)?;
        let covered = [&bytes[..CHECK.start], &[0; 4], &bytes[CHECK.end..body_at + body_bytes]];
        let check = array(bytes, CHECK.start).map(u32::from_le_bytes);
        if header[4] != 0 || check != Some(crc::ogg(covered)) {
            return Err(damaged("has a page with a wrong CRC"));
        }
        let field = |at| array(bytes, at).map(u32::from_le_bytes).ok_or_else(cut);
        Ok(Self {
            begins: header[5] & 2 != 0,
            ends: header[5] & 4 != 0,
            position: array(bytes, 6).map(u64::from_le_bytes).ok_or_else(cut)?,
            serial: field(14)?,
            number: field(18)?,
            packets: lacing.iter().filter(|&&length| length < 255).count() as u64,
            body,
            bytes: body_at + body_bytes,
        })
    }
}

struct Stream {
    sample_rate_hz: u32,
    channels: u16,
    /// Samples at the beginning that are not played.
    skip: u64,
    /// The most that one packet can last.
    packet_samples: u64,
}

impl Stream {
    /// From the first packet.
    fn read(packet: &[u8]) -> Result<Self, MediaError> {
        let stream = if packet.starts_with(b"\x01vorbis") {
            Self::vorbis(packet)
        } else if packet.starts_with(b"OpusHead") {
            Self::opus(packet)
        } else {
            let message = "is neither Vorbis nor Opus, which are all that is accepted in Ogg";
            return Err(MediaError::new("sound.encoding", message));
        };
        stream.ok_or_else(|| damaged("has an invalid header"))
    }

    fn vorbis(packet: &[u8]) -> Option<Self> {
        let (version, channels) = (u32::from_le_bytes(array(packet, 7)?), *packet.get(11)?);
        let sample_rate_hz = u32::from_le_bytes(array(packet, 12)?);
        let [blocks, framing] = array(packet, 28)?;
        let sane = version == 0 && channels > 0 && sample_rate_hz > 0 && framing == 1 && packet.len() == 30;
        (sane && (6..=13).contains(&(blocks >> 4))).then_some(Self {
            sample_rate_hz,
            channels: channels.into(),
            skip: 0,
            packet_samples: 1 << (blocks >> 4),
        })
    }

    fn opus(packet: &[u8]) -> Option<Self> {
        let &[version, channels] = array::<2>(packet, 8).as_ref()?;
        let skip = u16::from_le_bytes(array(packet, 10)?);
        (version >> 4 == 0 && channels > 0 && packet.len() >= 19).then_some(Self {
            sample_rate_hz: OPUS_RATE_HZ,
            channels: channels.into(),
            skip: skip.into(),
            // 120 ms.
            packet_samples: 5_760,
        })
    }
}
