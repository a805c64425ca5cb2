//! Features of browsers that usvg does not have: variables, newer colours, and text without fonts. And files, which are never loaded.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use image::RgbaImage;
use tradepost_render::engine::{Drawing, Engine};
use tradepost_render::presets::{Format, Preset, Watermark};

fn draw(text: &str) -> Drawing {
    let preset = Preset {
        name: "png-128".to_owned(),
        width_px: 128,
        format: Format::Png,
        quality: 80,
        background: None,
        watermark: Watermark::None,
    };
    Engine::default()
        .render(text.as_bytes(), "a.svg", &[preset], 1 << 20)
        .unwrap()
}

fn picture(text: &str) -> RgbaImage {
    let drawing = draw(text);
    image::load_from_memory(&drawing.pictures[0].bytes).unwrap().to_rgba8()
}

fn square(inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 100 100'>{inside}</svg>"
    )
}

/// The colour in the middle of a picture 128 px wide: red, green, blue and alpha.
fn middle(text: &str) -> [u8; 4] {
    picture(text).get_pixel(64, 64).0
}

#[test]
fn values_that_only_browsers_know_are_drawn_and_published_as_they_are() {
    for (fill, expected) in [
        ("fill='var(--none, #f80)'", [255, 136, 0, 255]),
        ("style='fill:var(--none,var(--other,lime))'", [0, 255, 0, 255]),
        ("class='a'", [17, 34, 51, 255]),
        ("fill='oklch(62.8% 0.2577 29.23)'", [255, 0, 0, 255]),
        ("fill='hwb(240 0% 0% / 1)'", [0, 0, 255, 255]),
        ("fill='color(display-p3 1 1 1)'", [255, 255, 255, 255]),
    ] {
        let style = "<style>:root{--c:#123}.a{fill:var(--c,red)}</style>";
        let text = square(&format!("{style}<rect width='100' height='100' {fill}/>"));
        let apart = middle(&text).iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max();
        assert!(apart <= Some(1), "{fill}: {:?}", middle(&text));
        let copy = draw(&text).copy.unwrap();
        let value = fill.split('\'').nth(1).unwrap();
        assert!(copy.contains(value), "{copy}");
    }
}

#[test]
fn text_is_drawn_without_any_font_on_the_machine() {
    let ink = |text: &str| {
        let picture = picture(&square(text));
        picture.pixels().filter(|pixel| pixel.0[3] > 128).count()
    };
    for family in [
        "",
        "font-family='Nobody Has This'",
        "font-family='monospace'",
        "font-family='Arial, sans-serif'",
    ] {
        let text = |letters: &str| format!("<text x='5' y='60' font-size='40' {family}>{letters}</text>");
        assert!(ink(&text("Hg")) > 200, "{family}");
        assert!(ink(&text("\u{416}\u{3a9}\u{e9}")) > 200, "{family}");
    }
}

#[test]
fn a_colour_behind_a_pattern_shows_where_the_pattern_has_no_area() {
    for (sides, expected) in [
        ("", [0, 255, 0, 255]),
        ("width='0' height='50'", [0, 255, 0, 255]),
        ("width='50' height='50'", [255, 0, 0, 255]),
        ("xlink:href='#sized'", [255, 0, 0, 255]),
    ] {
        let text = square(&format!(
            "<pattern id='sized' width='1' height='1'/><pattern id='p' {sides}><rect width='100' height='100' fill='red'/></pattern>\
             <rect width='100' height='100' fill='url(#p) lime'/>"
        ));
        assert_eq!(middle(&text), expected, "{sides}");
    }
}

#[test]
fn a_filter_region_has_every_pixel_that_it_touches() {
    // From pixel 12.8 to 77.4: resvg ends it before 77.
    let text = square(
        "<filter id='f' filterUnits='userSpaceOnUse' x='10' y='0' width='50.5' height='100'><feFlood flood-color='lime'/></filter>\
         <rect width='100' height='100' filter='url(#f)'/>",
    );
    let picture = picture(&text);
    let filled: Vec<u32> = (0..128).filter(|&x| picture.get_pixel(x, 64).0[3] > 0).collect();
    assert_eq!(filled.first().zip(filled.last()), Some((&12, &77)));
}

#[test]
fn no_picture_is_read_from_a_file() {
    let path = std::env::temp_dir().join(format!("tradepost-drawing-{}.png", std::process::id()));
    image::RgbaImage::from_pixel(8, 8, image::Rgba([255, 0, 0, 255]))
        .save(&path)
        .unwrap();
    for address in [path.display().to_string(), format!("file://{}", path.display())] {
        for attribute in ["href", "xlink:href"] {
            let image =
                format!("<image {attribute}='{address}' width='100' height='100'/><rect width='9' height='9'/>");
            assert_eq!(middle(&square(&image)), [0; 4], "{image}");
        }
    }
    std::fs::remove_file(&path).unwrap();
}
