//! Files that are no drawings, as the daemon has them opened: what comes of a model, a sound, a texture.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use image::{ExtendedColorType, ImageEncoder};
use tradepost_base::{Finding, FindingSeverity};
use tradepost_inspect::sample::media;
use tradepost_render::engine::Engine;
use tradepost_render::file::{Opened, Published};
use tradepost_render::presets::default_presets;

fn open(bytes: &[u8], path: &str) -> Result<Opened, Vec<Finding>> {
    Engine::default().open(bytes, path, &default_presets(), 10 << 20)
}

/// Rule and severity of everything that was found.
fn told(opened: &Opened) -> Vec<(String, FindingSeverity)> {
    let of = |finding: &'_ Finding| (finding.rule.clone(), finding.severity);
    opened.findings.iter().map(of).collect()
}

#[test]
fn a_model_has_a_picture_for_every_preset_and_a_fingerprint() {
    let opened = open(&media::glb(4), "a.glb").unwrap();
    assert_eq!(told(&opened), []);
    assert_eq!(opened.size, None);
    assert!(matches!(opened.published, Published::Itself) && opened.fingerprint.is_some());
    let presets = default_presets();
    assert_eq!(opened.pictures.len(), presets.len());
    for (picture, preset) in opened.pictures.iter().zip(&presets) {
        assert_eq!((&picture.preset, picture.width_px), (&preset.name, preset.width_px));
        assert_eq!(picture.height_px, preset.width_px);
        assert!(picture.format.is_magic_of(&picture.bytes));
    }
}

#[test]
fn a_model_of_points_is_taken_without_a_picture() {
    let opened = open(&media::glb(0), "a.glb").unwrap();
    assert_eq!(told(&opened), [("model.no-picture".to_owned(), FindingSeverity::Info)]);
    assert!(opened.pictures.is_empty() && opened.fingerprint.is_none());
    assert!(matches!(opened.published, Published::Itself));
}

#[test]
fn a_sound_has_pictures_and_no_fingerprint() {
    let opened = open(&media::wav(500), "a.wav").unwrap();
    assert_eq!(told(&opened), []);
    assert_eq!(opened.pictures.len(), default_presets().len());
    assert!(opened.fingerprint.is_none() && matches!(opened.published, Published::Itself));
    let opened = open(&media::ogg(3), "a.ogg").unwrap();
    assert_eq!(told(&opened), [("sound.no-picture".to_owned(), FindingSeverity::Info)]);
    assert!(opened.pictures.is_empty() && matches!(opened.published, Published::Itself));
}

#[test]
fn a_colour_profile_that_is_none_is_told_and_hurts_nobody() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(vec![7; 300]).unwrap();
    encoder
        .write_image(&[90; 300], 10, 10, ExtendedColorType::Rgb8)
        .unwrap();
    let opened = open(&bytes, "a.png").unwrap();
    assert_eq!(
        told(&opened),
        [("picture.colour-profile".to_owned(), FindingSeverity::Info)]
    );
    assert_eq!(opened.pictures.len(), default_presets().len());
}
