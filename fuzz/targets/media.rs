//! Any bytes as a picture or a sound, under every name that fits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_inspect::media;

fuzz_target!(|bytes: &[u8]| {
    for path in ["a.png", "a.jpg", "a.webp", "a.wav", "a.flac", "a.mp3", "a.ogg"] {
        if let Err(findings) = media::inspect(bytes, path) {
            assert!(!findings.is_empty(), "refused without a reason");
        }
    }
});
