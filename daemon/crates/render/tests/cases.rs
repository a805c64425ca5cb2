//! Small files that once went wrong, with the pixels that browsers show. Places are shares of the picture's width and height.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use image::RgbaImage;
use tradepost_render::engine::Engine;
use tradepost_render::file::{Opened, Published};
use tradepost_render::fonts;
use tradepost_render::presets::{Format, Preset, Watermark};

/// Largest difference of a channel, of 255.
const NEAR: u8 = 8;
const NONE: [u8; 4] = [0; 4];
const RED: [u8; 4] = [204, 0, 0, 255];

fn open(bytes: &[u8], path: &str) -> Opened {
    let preset = Preset {
        name: "png-256".to_owned(),
        width_px: 256,
        format: Format::Png,
        quality: 80,
        background: None,
        watermark: Watermark::None,
    };
    let mut engine = Engine::new(fonts::open_system());
    let opened = engine.open(bytes, path, &[preset], 1 << 20);
    opened.unwrap_or_else(|findings| panic!("{path}: {findings:?}"))
}

fn case(name: &str) -> Opened {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    open(&std::fs::read(path).unwrap(), name)
}

fn picture(opened: &Opened) -> RgbaImage {
    image::load_from_memory(&opened.pictures[0].bytes).unwrap().to_rgba8()
}

fn at(picture: &RgbaImage, x: f64, y: f64) -> [u8; 4] {
    let place = |share: f64, length: u32| ((share * f64::from(length)) as u32).min(length - 1);
    picture
        .get_pixel(place(x, picture.width()), place(y, picture.height()))
        .0
}

fn is_near(left: [u8; 4], right: [u8; 4]) -> bool {
    left.iter().zip(right).all(|(left, right)| left.abs_diff(right) <= NEAR)
}

/// Places of a picture and their colours.
type Pixels = &'static [(f64, f64, [u8; 4])];

const CASES: [(&str, Pixels); 16] = [
    ("root-media.svg", &[(0.5, 0.5, [10, 125, 50, 255])]),
    ("css-rotate-origin.svg", &[(0.5, 0.25, RED), (0.32, 0.32, NONE)]),
    ("css-rotate-prop.svg", &[(0.15, 0.5, RED), (0.5, 0.15, NONE)]),
    ("css-d.svg", &[(0.5, 0.5, [0, 136, 0, 255])]),
    ("css-calc.svg", &[(0.7, 0.25, RED)]),
    (
        "color-mix.svg",
        &[(0.25, 0.5, [128, 0, 128, 255]), (0.75, 0.5, [0, 170, 0, 255])],
    ),
    ("non-scaling-stroke.svg", &[(0.125, 0.5, RED), (0.16, 0.5, NONE)]),
    ("bg-style.svg", &[(0.02, 0.02, [255, 204, 0, 255])]),
    (
        "symbol-refx.svg",
        &[(0.6, 0.6, RED), (0.88, 0.88, RED), (0.95, 0.95, NONE)],
    ),
    ("clip-shape.svg", &[(0.5, 0.5, RED), (0.9, 0.9, NONE)]),
    ("filter-shorthand.svg", &[(0.74, 0.6, [0, 0, 204, 255])]),
    ("grad-vertical-line.svg", &[(0.25, 0.5, NONE)]),
    ("anim-linemd.svg", &[(0.5, 0.5, [0, 0, 0, 255])]),
    ("clip-use-use.svg", &[(0.5, 0.5, [255, 202, 40, 255])]),
    ("rgba-percent.svg", &[(0.5, 0.5, [204, 0, 0, 128])]),
    // The whole drawing, in the middle.
    ("size-none-offset.svg", &[(0.05, 0.05, RED), (0.95, 0.95, RED)]),
];

#[test]
fn drawings_look_as_in_browsers() {
    let mut wrong = Vec::new();
    for (name, pixels) in CASES {
        let opened = case(name);
        let picture = picture(&opened);
        for &(x, y, expected) in pixels {
            let found = at(&picture, x, y);
            if !is_near(found, expected) {
                wrong.push(format!("{name} at {x},{y}: {found:?}, not {expected:?}"));
            }
        }
        if !matches!(opened.published, Published::Copy(_)) {
            wrong.push(format!("{name}: no copy, {:?}", opened.findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_polygon_cuts_off_its_corner() {
    let picture = picture(&case("clip-shape.svg"));
    assert!(is_near(at(&picture, 0.05, 0.05), [0, 0, 204, 255]));
    assert!(!is_near(at(&picture, 0.25, 0.25), [0, 0, 204, 255]));
}

#[test]
fn a_copy_keeps_its_animation() {
    let Published::Copy(copy) = case("anim-linemd.svg").published else {
        panic!("no copy");
    };
    assert!(String::from_utf8(copy).unwrap().contains("<animate "));
}

#[test]
fn families_that_are_not_there_are_replaced_by_their_class() {
    let text = |family: &str| {
        let letters = "HIllTyE";
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 220 60'><text x='5' y='44' font-family='{family}' font-size='40'>{letters}</text></svg>"
        );
        picture(&open(text.as_bytes(), "a.svg"))
    };
    for name in ["font-arial.svg", "font-sans.svg"] {
        assert!(picture(&case(name)) == text("sans-serif"), "{name}");
    }
    for (family, class) in [
        ("Helvetica Neue", "sans-serif"),
        ("Nobody Has This", "sans-serif"),
        ("Bitstream Vera Sans", "sans-serif"),
        ("Comic Sans MS, serif", "serif"),
        ("Times New Roman", "serif"),
        ("Georgia", "serif"),
        ("Courier New", "monospace"),
        ("Bitstream Vera Sans Mono", "monospace"),
    ] {
        assert!(text(family) == text(class), "{family}");
    }
}

#[test]
fn text_that_is_read_from_the_right_ends_at_its_place() {
    let picture = picture(&case("text-rtl-lines.svg"));
    let (width, height) = picture.dimensions();
    for lines in [0..height / 2, height / 2..height] {
        let inked = |x: &u32| lines.clone().any(|y| picture.get_pixel(*x, y).0[3] > 128);
        let (first, last) = ((0..width).find(inked).unwrap(), (0..width).rfind(inked).unwrap());
        assert!(
            first * 100 >= width * 40 && last * 100 >= width * 90 && last * 100 <= width * 96,
            "{first} to {last} of {width}"
        );
    }
}

#[test]
fn a_tiny_drawing_keeps_its_proportions() {
    assert_eq!(case("viewbox-tiny.svg").size, Some((2.0, 1.0)));
}

#[test]
fn a_model_is_drawn_with_the_weights_of_its_morph_targets() {
    let picture = picture(&case("morph.glb"));
    let inked = |x: u32, y: u32| picture.get_pixel(x, y).0[3] > 128;
    let width = (0..256).filter(|&x| (0..256).any(|y| inked(x, y))).count();
    let height = (0..256).filter(|&y| (0..256).any(|x| inked(x, y))).count();
    assert!(height >= width * 2, "{width} x {height}");
}

#[test]
fn a_sound_with_odd_notes_has_a_picture() {
    let opened = case("list-odd-sub.wav");
    assert_eq!((opened.pictures.len(), &opened.findings), (1, &Vec::new()));
}

#[test]
fn a_sound_that_changes_its_channels_is_heard_to_its_end() {
    let picture = picture(&case("mono-then-stereo.mp3"));
    let (width, height) = picture.dimensions();
    let inked = (0..height).filter(|&y| {
        picture.get_pixel(width * 3 / 4, y).0[3] > 60 || picture.get_pixel(width * 3 / 4 + 2, y).0[3] > 60
    });
    let inked = inked.count() as u32;
    assert!(inked * 10 > height, "{inked} of {height}");
}

#[test]
fn space_without_its_namespace_is_no_space() {
    let ink = |attribute: &str| {
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 50'><text x='5' y='40' font-size='30' {attribute}>   H</text></svg>"
        );
        let picture = picture(&open(text.as_bytes(), "a.svg"));
        (0..picture.width()).find(|&x| (0..picture.height()).any(|y| picture.get_pixel(x, y).0[3] > 128))
    };
    assert_eq!(ink("space='preserve'"), ink(""));
    assert!(ink("xml:space='preserve'") > ink(""));
}

#[test]
fn references_are_taken_as_browsers_take_them() {
    const GREEN: [u8; 4] = [0, 128, 0, 255];
    for (inside, expected) in [
        // A filter that is not there.
        ("<rect width='100' height='100' fill='green' filter='url(#none)'/>", GREEN),
        ("<rect width='100' height='100' style='fill:green;filter:url(#none)'/>", GREEN),
        // A gradient that shows nothing, and one that is not there.
        ("<linearGradient id='a'/><rect width='100' height='100' fill='url(#a) green'/>", NONE),
        ("<rect width='100' height='100' fill='url(#a) green'/>", GREEN),
        (
            "<linearGradient id='a' gradientTransform='matrix(0 0 0 0 0 0)'><stop/><stop offset='1' stop-color='red'/></linearGradient>
            <rect width='100' height='100' fill='url(#a)'/>",
            NONE,
        ),
        // A mask is not masked itself.
        (
            "<mask id='a'/><mask id='b' mask='url(#a)'><rect width='100' height='100' fill='white'/></mask>
            <rect width='100' height='100' fill='green' mask='url(#b)'/>",
            GREEN,
        ),
    ] {
        let frame = "<rect x='1' y='1' width='4' height='4'/>";
        let text = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>{inside}{frame}</svg>");
        let found = at(&picture(&open(text.as_bytes(), "a.svg")), 0.5, 0.5);
        assert!(is_near(found, expected), "{inside}: {found:?}");
    }
}
