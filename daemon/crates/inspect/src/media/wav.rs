//! WAV: PCM and floating point.

use super::riff::{self, Form, Padding};
use super::{MediaError, Structure, array};

const MAX_CHANNELS: u16 = 32;
const FORM: Form = Form {
    structure: "sound.structure",
    hidden: "sound.hidden-data",
    padding: Padding::Any,
};

/// Walks the chunks: one format, then one piece of samples.
pub(super) fn walk(bytes: &[u8]) -> Result<Structure<'_>, MediaError> {
    if !bytes.starts_with(b"RIFF") {
        let message =
            "is RF64 (or BW64), the form of WAV for more than 4 GiB, which few programs read: save it as a plain WAV";
        return Err(MediaError::new("sound.encoding", message));
    }
    let declared = array(bytes, 4).map_or(0, u32::from_le_bytes);
    if [0, u32::MAX].contains(&declared) {
        return Err(damaged("was streamed and has no size in its header; save it again"));
    }
    let mut notes = Vec::new();
    let mut note = |message: &str| notes.push(("sound.unusual", message.to_owned()));
    let chunks = if declared as usize + 16 == bytes.len() {
        note("declares 8 bytes less than it has, because its header was not counted: players read it all the same");
        riff::chunks_to(bytes, bytes.len(), &FORM)?
    } else {
        riff::chunks(bytes, &FORM)?
    };
    if chunks.is_padded_oddly {
        note("has a padding byte that is not zero, as Pro Tools writes it: players skip it");
    }
    let mut format: Option<WavFormat> = None;
    let mut samples = None;
    let mut metadata = Vec::new();
    for (name, data) in chunks.list {
        match &name {
            b"fmt " if format.is_none() => {
                let read = WavFormat::read(data)?;
                if !read.has_right_rate {
                    note("declares a byte rate that does not follow from its format: players ignore it");
                }
                format = Some(read);
            }
            b"data" if samples.is_none() => {
                let format = format
                    .as_ref()
                    .ok_or_else(|| damaged("has samples before their format"))?;
                samples = Some(format.samples(data)?);
            }
            b"fmt " | b"data" => return Err(damaged("has two formats or two pieces of samples")),
            _ => metadata.push(data),
        }
    }
    let (Some(format), Some(samples)) = (format, samples) else {
        return Err(damaged("has no format or no samples"));
    };
    Ok(Structure {
        sample_rate_hz: Some(format.sample_rate_hz),
        channels: Some(format.channels),
        samples: Some(samples),
        metadata,
        notes,
        ..Structure::default()
    })
}

fn damaged(what: &str) -> MediaError {
    MediaError::new("sound.structure", what)
}

struct WavFormat {
    channels: u16,
    sample_rate_hz: u32,
    frame_bytes: u16,
    /// The byte rate is the sample rate times the frame.
    has_right_rate: bool,
}

impl WavFormat {
    fn read(data: &[u8]) -> Result<Self, MediaError> {
        const PCM: u16 = 1;
        const FLOAT: u16 = 3;
        const EXTENSIBLE: u16 = 0xfffe;
        let cut = || damaged("has a format that is cut off");
        let short = |at| array(data, at).map(u16::from_le_bytes).ok_or_else(cut);
        let long = |at| array(data, at).map(u32::from_le_bytes).ok_or_else(cut);
        let (tag, channels, frame_bytes, bits) = (short(0)?, short(2)?, short(12)?, short(14)?);
        let (sample_rate_hz, second_bytes) = (long(4)?, long(8)?);
        // The extensible form keeps the real tag at the beginning of a GUID.
        let tag = if tag == EXTENSIBLE { short(24)? } else { tag };
        let known = match tag {
            PCM => [8, 16, 24, 32].contains(&bits),
            FLOAT => [32, 64].contains(&bits),
            _ => false,
        };
        if !known {
            return Err(MediaError::new(
                "sound.encoding",
                "has a sample format that is not accepted: use PCM with 8 to 32 bits, or floating point",
            ));
        }
        let frame = u32::from(channels) * u32::from(bits / 8);
        let is_whole = u32::from(frame_bytes) == frame;
        if !(1..=MAX_CHANNELS).contains(&channels) || !(1_000..=768_000).contains(&sample_rate_hz) || !is_whole {
            return Err(damaged("has an invalid fmt chunk"));
        }
        Ok(Self {
            channels,
            sample_rate_hz,
            frame_bytes,
            has_right_rate: sample_rate_hz.checked_mul(frame) == Some(second_bytes),
        })
    }

    fn samples(&self, data: &[u8]) -> Result<u64, MediaError> {
        if data.is_empty() || !data.len().is_multiple_of(self.frame_bytes.into()) {
            return Err(damaged("has no samples, or a last one that is not whole"));
        }
        Ok(data.len() as u64 / u64::from(self.frame_bytes))
    }
}
