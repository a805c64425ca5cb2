//! Sounds: a waveform, mirrored, in bars of one colour. What is loudest in the time of a bar is its faint part, the mean its strong part.
//!
//! The decoders read a stream and keep a packet of it. Up to ten minutes every sample counts; of longer sounds pieces are decoded, spread evenly,
//! so that the time it takes does not grow with the length.

mod draw;
mod read;
#[cfg(test)]
mod tests;
mod wave;

use resvg::tiny_skia::Pixmap;

/// Longer sounds have no picture.
pub const MAX_DURATION_MS: u64 = 2 * 60 * 60 * 1_000;
/// The bars of a waveform.
const BARS: usize = 64;

/// The reason why a sound has no picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SoundError {
    #[error("has no picture: it is longer than {} hours", MAX_DURATION_MS / 3_600_000)]
    TooLong,
    #[error("has no picture: sounds that are coded like this are taken, but not decoded here")]
    NotDecodedHere,
    #[error("has no picture: it can not be decoded ({0})")]
    Damaged(String),
}

/// The loudness of a sound over its time.
pub struct Waveform {
    bars: [Bar; BARS],
}

/// One step of time; 0 to 1, of the loudest that can be stored.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Bar {
    peak: f32,
    /// The square root of the mean square.
    mean: f32,
}

impl Waveform {
    /// Decodes a WAV, FLAC, MP3 or Ogg Vorbis file that is `duration_ms` long.
    pub fn read(bytes: &[u8], duration_ms: u64) -> Result<Self, SoundError> {
        if duration_ms > MAX_DURATION_MS {
            return Err(SoundError::TooLong);
        }
        Ok(Self {
            bars: read::read(bytes, duration_ms)?,
        })
    }

    /// The picture at a width: two and a half times as wide as it is high, transparent around the bars. `None` when memory is short.
    pub fn at(&self, width: u32) -> Option<Pixmap> {
        draw::draw(&self.bars, width)
    }
}
