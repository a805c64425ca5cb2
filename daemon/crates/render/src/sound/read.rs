//! Decodes a sound file and measures its loudness over time.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::{BARS, Bar, SoundError, wave};

/// The most samples of one channel that are decoded; longer sounds are decoded in pieces.
const MAX_DECODED: u64 = 10 * 60 * 48_000;
/// Packets that are decoded in one go, when not all of them are.
const PIECE: u64 = 12;
/// Packets at the start of a piece that are not used, because decoders need what came before.
const WARM_UP: u64 = 2;
/// Packets that may be damaged before the whole sound is.
const MAX_DAMAGED: u32 = 50;
const MAX_CHANNELS: usize = 8;

/// Reads all of it, or pieces that are spread evenly.
pub fn read(bytes: &[u8], duration_ms: u64) -> Result<[Bar; BARS], SoundError> {
    // A decoder that panics on a hostile file costs it the picture and no more.
    let bars = catch_unwind(AssertUnwindSafe(|| decode(bytes, duration_ms)));
    bars.unwrap_or_else(|_| Err(SoundError::Damaged("the decoder gives up".to_owned())))
}

fn decode(bytes: &[u8], duration_ms: u64) -> Result<[Bar; BARS], SoundError> {
    // The decoder owns its input.
    let source = Cursor::new(wave::plain(bytes).unwrap_or_else(|| bytes.to_vec()));
    let stream = MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default());
    let options = (FormatOptions::default(), MetadataOptions::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, options.0, options.1)
        .map_err(sound_error)?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(SoundError::NotDecodedHere)?;
    let (id, parameters) = (track.id, track.codec_params.as_ref());
    let parameters = parameters
        .and_then(|parameters| parameters.audio())
        .ok_or(SoundError::NotDecodedHere)?
        .clone();
    let rate = u64::from(parameters.sample_rate.unwrap_or(44_100));
    let total = (u128::from(duration_ms) * u128::from(rate) / 1_000).max(1);
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let mut levels = LoudnessMeter::new(total);
    run(&mut *format, &parameters, id, total, &mut levels)?;
    levels.into_bars()
}

fn decoder(parameters: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, SoundError> {
    // All samples count: the number that a file declares may be that of its first half.
    let options = AudioDecoderOptions::default().gapless(false);
    let codecs = symphonia::default::get_codecs();
    codecs.make_audio_decoder(parameters, &options).map_err(sound_error)
}

fn run(
    format: &mut dyn FormatReader,
    parameters: &AudioCodecParameters,
    track: u32,
    total: u64,
    levels: &mut LoudnessMeter,
) -> Result<(), SoundError> {
    // One piece in so many is decoded.
    let sparse = total.div_ceil(MAX_DECODED).max(1);
    let mut decoding = decoder(parameters)?;
    let (mut number, mut damaged) = (0_u64, 0_u32);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A last packet that is cut off is no reason to show nothing.
            Ok(None) | Err(Error::IoError(_) | Error::ResetRequired) => return Ok(()),
            Err(error) => return if levels.at > 0 { Ok(()) } else { Err(sound_error(error)) },
        };
        if packet.track_id != track {
            continue;
        }
        let place = number % (PIECE * sparse);
        number += 1;
        if place >= PIECE {
            levels.skip(packet.dur.get());
            continue;
        }
        if sparse > 1 && place == 0 {
            decoding.reset();
        }
        let mut outcome = decoding.decode(&packet).map(|_| ());
        // The decoder of MP3 keeps to the first number of channels.
        if let Err(Error::DecodeError(_)) = outcome {
            let mut fresh = decoder(parameters)?;
            if fresh.decode(&packet).is_ok() {
                (decoding, outcome) = (fresh, Ok(()));
            }
        }
        match outcome {
            Ok(()) if sparse > 1 && place < WARM_UP => levels.skip(packet.dur.get()),
            Ok(()) => levels.add(&decoding.last_decoded()),
            Err(Error::DecodeError(_)) if damaged < MAX_DAMAGED => {
                damaged += 1;
                levels.skip(packet.dur.get());
            }
            Err(error) => return Err(sound_error(error)),
        }
    }
}

fn sound_error(error: Error) -> SoundError {
    match error {
        Error::Unsupported(_) => SoundError::NotDecodedHere,
        other => SoundError::Damaged(other.to_string()),
    }
}

/// Collects the loudness of decoded samples.
struct LoudnessMeter {
    /// Samples of one channel.
    total: u64,
    at: u64,
    steps: Vec<LoudnessStep>,
    channels: Vec<Vec<f32>>,
}

#[derive(Clone, Copy, Default)]
struct LoudnessStep {
    peak: f32,
    squares: f64,
    count: u64,
}

impl LoudnessMeter {
    fn new(total: u64) -> Self {
        Self {
            total,
            at: 0,
            steps: vec![LoudnessStep::default(); BARS],
            channels: Vec::new(),
        }
    }

    fn skip(&mut self, samples: u64) {
        self.at = self.at.saturating_add(samples);
    }

    fn add(&mut self, buffer: &GenericAudioBufferRef<'_>) {
        buffer.copy_to_vecs_planar(&mut self.channels);
        let length = self.channels.first().map_or(0, Vec::len);
        let mut start = 0;
        while start < length {
            // All samples up to the next step at once.
            let bar = ((u128::from(self.at) * BARS as u128 / u128::from(self.total)) as usize).min(BARS - 1);
            let end_of_bar = (u128::from(self.total) * (bar as u128 + 1)).div_ceil(BARS as u128);
            let left = u64::try_from(end_of_bar)
                .unwrap_or(u64::MAX)
                .saturating_sub(self.at)
                .max(1);
            let end = length.min(start.saturating_add(usize::try_from(left).unwrap_or(usize::MAX)));
            let step = &mut self.steps[bar];
            for channel in self.channels.iter().take(MAX_CHANNELS) {
                for &sample in channel.get(start..end).unwrap_or_default() {
                    let sample = if sample.is_finite() {
                        sample.clamp(-1.0, 1.0)
                    } else {
                        0.0
                    };
                    step.peak = step.peak.max(sample.abs());
                    step.squares += f64::from(sample * sample);
                    step.count += 1;
                }
            }
            self.at = self.at.saturating_add((end - start) as u64);
            start = end;
        }
    }

    /// Steps of which nothing was decoded are as loud as those around them.
    fn into_bars(self) -> Result<[Bar; BARS], SoundError> {
        if self.steps.iter().all(|step| step.count == 0) {
            return Err(SoundError::Damaged("there is nothing in it".to_owned()));
        }
        let bar = |step: &LoudnessStep| Bar {
            peak: step.peak,
            mean: (step.squares / step.count as f64).sqrt() as f32,
        };
        let bars: Vec<Option<Bar>> = self
            .steps
            .iter()
            .map(|step| (step.count > 0).then(|| bar(step)))
            .collect();
        Ok(std::array::from_fn(|at| {
            let before = bars[..=at].iter().rev().find_map(|bar| *bar);
            let after = bars[at..].iter().find_map(|bar| *bar);
            before.or(after).unwrap_or_default()
        }))
    }
}
