//! Files as contributors' programs write them: the picture is right, and the copy that is published looks the same.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tradepost_inspect::media;
use tradepost_render::engine::Engine;
use tradepost_render::file::{Opened, Published};
use tradepost_render::presets::{Preset, default_presets};

/// Largest difference of a channel.
const TOLERANCE: u8 = 8;

fn read(name: &str) -> Vec<u8> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inspect/tests/cases");
    std::fs::read(cases.join(name)).unwrap()
}

fn open(name: &str) -> Opened {
    let presets: Vec<Preset> = default_presets()
        .into_iter()
        .filter(|preset| preset.name == "png-256")
        .collect();
    let opened = Engine::default().open(&read(name), name, &presets, 10 << 20);
    opened.unwrap_or_else(|findings| panic!("{name}: {findings:?}"))
}

/// The colour at a place, in hundredths of width and height.
fn colour(opened: &Opened, (x, y): (u32, u32)) -> [u8; 4] {
    let image = image::load_from_memory(&opened.pictures[0].bytes).unwrap().into_rgba8();
    image.get_pixel(image.width() * x / 100, image.height() * y / 100).0
}

#[test]
fn drawings_have_the_colours_that_browsers_show() {
    for (name, place, expected) in [
        ("ai-entity-style.svg", (25, 50), [0xcc, 0, 0]),
        ("css-attr-selector.svg", (50, 50), [0xcc, 0, 0]),
        ("doctype-attlist.svg", (50, 50), [0xcc, 0, 0]),
        ("enc-8859-15.svg", (50, 50), [0xcc, 0, 0]),
        ("font-nomime.svg", (25, 50), [0xcc, 0, 0]),
        ("illustrator10-style-entities.svg", (50, 50), [0xff, 0x66, 0x66]),
        ("img-img-png.svg", (25, 25), [0xff, 0, 0]),
        // The red of its JPEG.
        ("img-mismatch.svg", (25, 25), [0xfa, 1, 13]),
        ("img-nomime.svg", (25, 25), [0xff, 0, 0]),
        ("img-octet.svg", (25, 25), [0xff, 0, 0]),
        ("own251-sheet-progid.svg", (40, 40), [0x33, 0x66, 0x99]),
        ("sugar-entity.svg", (50, 50), [0xff, 0xff, 0xff]),
    ] {
        let opened = open(name);
        assert_eq!(opened.findings, [], "{name}");
        assert!(matches!(opened.published, Published::Copy(_)), "{name}");
        let found = colour(&opened, place);
        let is_near = (0..3).all(|channel| found[channel].abs_diff(expected[channel]) <= TOLERANCE);
        assert!(is_near && found[3] == 255, "{name}: {found:?} at {place:?}");
    }
}

#[test]
fn a_drawing_with_text_looks_the_same_as_its_copy() {
    for name in ["space-attr.svg", "graphviz-attlist-visible.svg"] {
        let opened = open(name);
        assert_eq!(opened.findings, [], "{name}");
        assert!(matches!(opened.published, Published::Copy(_)), "{name}");
    }
}

#[test]
fn a_photo_is_published_without_what_the_camera_wrote_behind_it() {
    for name in ["mpf.jpg", "motion.jpg"] {
        let opened = open(name);
        let Published::Copy(copy) = opened.published else {
            panic!("{name}: not a copy")
        };
        assert!(copy.len() < read(name).len());
        let media = media::inspect(&copy, name).unwrap();
        assert_eq!((media.findings, media.cleaned), (Vec::new(), None), "{name}");
        let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().into_rgb8();
        assert_eq!(pixels(&copy), pixels(&read(name)), "{name}: the picture is the same");
    }
}
