use tradepost_inspect::media;
use tradepost_inspect::sample::media as sample;

use super::*;

/// A WAV of 16 bits, one channel, 8,000 samples a second.
fn wav(samples: impl Iterator<Item = i16>) -> Vec<u8> {
    let format = [1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    sample::riff(*b"WAVE", &[(*b"fmt ", &format), (*b"data", &data)])
}

fn waveform(bytes: &[u8], name: &str) -> Result<Waveform, SoundError> {
    let judged = media::inspect(bytes, name).unwrap();
    Waveform::read(bytes, judged.duration_ms.unwrap())
}

#[test]
fn what_is_loud_is_high_and_what_is_silent_is_a_line() {
    // A second of full square waves, then two of half as loud single peaks, then silence.
    let samples = (0..32_000).map(|at| match at {
        0..8_000 if at % 20 < 10 => 32_767,
        0..8_000 => -32_767,
        8_000..24_000 if at % 100 == 0 => 16_384,
        _ => 0,
    });
    let waveform = waveform(&wav(samples), "a.wav").unwrap();
    let [loud, sparse, silent] = [3, 30, 60].map(|at| waveform.bars[at]);
    assert!(
        (loud.peak - 1.0).abs() < 0.01 && (loud.mean - 1.0).abs() < 0.01,
        "{loud:?}"
    );
    assert!(
        (sparse.peak - 0.5).abs() < 0.01 && (sparse.mean - 0.05).abs() < 0.01,
        "{sparse:?}"
    );
    assert_eq!((silent.peak, silent.mean), (0.0, 0.0));
    let picture = waveform.at(512).unwrap();
    assert_eq!((picture.width(), picture.height()), (512, 204));
    let height = |bar: u32| -> usize {
        (0..204)
            .filter(|&y| picture.pixel(bar * 8 + 4, y).unwrap().alpha() > 60)
            .count()
    };
    assert!(
        height(3) > 180 && (90..110).contains(&height(30)),
        "{} {}",
        height(3),
        height(30)
    );
    assert!((1..6).contains(&height(60)), "{}", height(60));
    let halves = (0..102).all(|y| {
        let mirrored = picture.pixel(28, 203 - y).unwrap();
        picture.pixel(28, y).unwrap().alpha().abs_diff(mirrored.alpha()) <= 2
    });
    assert!(halves, "the lower half is the upper one in a mirror");
}

#[test]
fn every_format_that_is_decoded_has_a_picture() {
    for (bytes, name) in [
        (sample::wav(200), "a.wav"),
        (sample::flac(20), "a.flac"),
        (sample::mp3(20), "a.mp3"),
    ] {
        let waveform = waveform(&bytes, name).unwrap_or_else(|error| panic!("{name}: {error}"));
        for width in [32, 64, 512] {
            let picture = waveform.at(width).unwrap();
            assert!(picture.pixels().iter().any(|pixel| pixel.alpha() > 0), "{name} {width}");
        }
    }
}

#[test]
fn what_is_not_decoded_says_so() {
    let opus = waveform(&sample::ogg(3), "a.ogg");
    assert_eq!(opus.map(|_| ()), Err(SoundError::NotDecodedHere));
    let long = Waveform::read(&sample::wav(10), MAX_DURATION_MS + 1);
    assert_eq!(long.map(|_| ()), Err(SoundError::TooLong));
    assert!(Waveform::read(b"RIFF", 100).is_err());
    assert!(matches!(
        Waveform::read(&sample::wav(0), 0),
        Err(SoundError::Damaged(_))
    ));
}

#[test]
fn of_a_long_sound_pieces_are_heard() {
    // A length that is not true makes the sound ten times as long as what is decoded at once: nothing is louder or later than it was.
    let bytes = wav((0..400_000).map(|at| if at < 200_000 { 20_000 } else { 5_000 }));
    let mut levels = read::read(&bytes, 50_000).unwrap();
    assert!((levels[10].peak - 0.61).abs() < 0.01 && (levels[60].peak - 0.153).abs() < 0.01);
    levels = read::read(&bytes, 6_500_000).unwrap();
    assert!((levels[0].peak - 0.61).abs() < 0.01, "{:?}", levels[0]);
}

#[test]
fn broken_sounds_never_panic() {
    let mut state = 5_u32;
    for whole in [sample::wav(100), sample::flac(20), sample::mp3(20), sample::ogg(20)] {
        for round in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 10 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state >> 24) as u8;
            }
            bytes.truncate(bytes.len() - round % 50);
            if let Ok(waveform) = Waveform::read(&bytes, 100) {
                assert!(waveform.at(64).is_some());
            }
        }
    }
}
