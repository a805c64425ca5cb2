//! Decodes the engine's output with independent decoders and compares it with resvg. With TRADEPOST_ICON_SETS (folders, divided
//! by colons) every file of those is drawn as well.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use tradepost_render::engine::{Drawing, Engine, Picture, Purpose};
use tradepost_render::presets::{Format, Preset, Watermark, default_presets};

const LIMIT: u64 = 10 << 20;

/// Straight RGBA.
struct Decoded {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

fn decode_png(bytes: &[u8]) -> Decoded {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let rgba = match frame.color_type {
        png::ColorType::Rgba => pixels,
        // Small icons.
        png::ColorType::GrayscaleAlpha => pixels
            .chunks_exact(2)
            .flat_map(|pair| [pair[0], pair[0], pair[0], pair[1]])
            .collect(),
        other => panic!("a file of {other:?}"),
    };
    Decoded {
        width: frame.width,
        height: frame.height,
        rgba,
    }
}

fn decode_webp(bytes: &[u8]) -> Decoded {
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(bytes)).unwrap();
    let (width, height) = decoder.dimensions();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    let rgba = if decoder.has_alpha() {
        pixels
    } else {
        let (opaque, _) = pixels.as_chunks::<3>();
        opaque.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect()
    };
    let decoded = Decoded { width, height, rgba };
    assert!(
        alpha(&decoded) == alpha(&decode_with_libwebp(bytes)),
        "the two decoders of WebP disagree"
    );
    decoded
}

#[expect(unsafe_code, reason = "libwebp is a C library")]
fn decode_with_libwebp(bytes: &[u8]) -> Decoded {
    let (mut width, mut height) = (0, 0);
    // SAFETY: the file is a slice; the pixels are copied before they are freed.
    unsafe {
        let pixels = libwebp_sys::WebPDecodeRGBA(bytes.as_ptr(), bytes.len(), &mut width, &mut height);
        assert!(!pixels.is_null(), "libwebp does not read the file");
        let rgba = std::slice::from_raw_parts(pixels, (width * height * 4) as usize).to_vec();
        libwebp_sys::WebPFree(pixels.cast());
        Decoded {
            width: width.cast_unsigned(),
            height: height.cast_unsigned(),
            rgba,
        }
    }
}

fn alpha(picture: &Decoded) -> Vec<u8> {
    picture.rgba.iter().skip(3).step_by(4).copied().collect()
}

fn presets() -> Vec<Preset> {
    let plain = |preset: &Preset| preset.watermark == Watermark::None;
    default_presets().into_iter().filter(plain).collect()
}

/// A file as resvg draws it at a width.
fn plainly(text: &str, width: u32, height: u32) -> Pixmap {
    let tree = usvg::Tree::from_str(text, &usvg::Options::default()).unwrap();
    let mut pixmap = Pixmap::new(width, height).unwrap();
    let scale = Transform::from_scale(width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    pixmap
}

/// The largest difference of alpha, and the mean of the squares of all.
fn differences(decoded: &Decoded, plain: &Pixmap) -> (u8, f64) {
    let differences = || {
        let alphas = plain.pixels().iter().map(|pixel| pixel.alpha());
        alpha(decoded)
            .into_iter()
            .zip(alphas)
            .map(|(left, right)| left.abs_diff(right))
    };
    let squares: f64 = differences().map(|difference| f64::from(difference).powi(2)).sum();
    (differences().max().unwrap(), squares / plain.pixels().len() as f64)
}

/// Pictures of one size come in pairs: PNG and WebP.
fn pairs(drawing: &Drawing) -> impl Iterator<Item = (&Picture, &Picture)> {
    drawing.pictures.chunks(2).map(|pair| {
        assert_eq!((pair[0].format, pair[1].format), (Format::Png, Format::Webp));
        (&pair[0], &pair[1])
    })
}

/// Draws a file and reads what came out; returns how far the widest picture is from the renderer's.
fn check(engine: &mut Engine, text: &str, name: &str) -> Option<(u8, f64)> {
    let drawing = engine
        .render_for(Purpose::Draw, text.as_bytes(), name, &presets(), LIMIT)
        .ok()?;
    let mut far = None;
    for (png, webp) in pairs(&drawing) {
        let (first, second) = (decode_png(&png.bytes), decode_webp(&webp.bytes));
        assert_eq!((first.width, first.height), (png.width_px, png.height_px), "{name}");
        assert_eq!((second.width, second.height), (webp.width_px, webp.height_px), "{name}");
        assert!(
            alpha(&first) == alpha(&second),
            "{name}: transparency differs at {} px",
            png.width_px
        );
        if webp.bytes[12..16] == *b"VP8L" {
            assert!(
                first.rgba == second.rgba,
                "{name}: colours differ at {} px",
                png.width_px
            );
        }
        if png.width_px == 512 && png.height_px < 2048 {
            far = Some(differences(&first, &plainly(text, png.width_px, png.height_px)));
        }
    }
    far
}

fn svg(attributes: &str, inside: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' {attributes}>{inside}</svg>")
}

fn icon(inside: &str) -> String {
    svg(
        "viewBox='0 0 24 24' fill='none' stroke='#a03' stroke-width='2' stroke-linecap='round'",
        inside,
    )
}

#[test]
fn drawings_of_one_colour_are_as_the_renderer_draws_them() {
    let mut engine = Engine::default();
    for (number, text) in [
        icon("<path d='M12 5c.67 0 1.35.09 2 .26 1.78-2 5.03-2.84 6.42-2.26'/><circle cx='12' cy='12' r='7'/>"),
        icon("<path d='M3 3l18 18M3 21L21 3'/><path d='M2 12h20' stroke-dasharray='3 2' stroke-linecap='butt'/>"),
        svg("viewBox='0 0 24 24'", "<path d='M4 4h16v16h-16zM8 8v8h8v-8z'/>"),
        svg(
            "viewBox='0 0 24 24'",
            "<path fill-rule='evenodd' d='M4 4h16v16h-16zM8 8h8v8h-8zM0 20l24 2-9-14z'/>",
        ),
        svg(
            "viewBox='0 0 24 24'",
            "<circle cx='9' cy='9' r='8' opacity='.4'/><circle cx='15' cy='15' r='8'/>",
        ),
        svg(
            "viewBox='0 0 24 24'",
            "<g fill-opacity='.5'><circle cx='9' cy='9' r='8'/><circle cx='15' cy='15' r='8'/></g>",
        ),
        svg(
            "viewBox='0 0 24 24'",
            "<path d='M-50 -50L80 3 5 90z' transform='rotate(9) skewX(4)'/>",
        ),
        svg("viewBox='0 0 24 24'", "<path d='M-1e5 -1e5h2e5v2e5h-2e5zM3 3v9h9z'/>"),
        svg("viewBox='0 0 9 31'", "<path d='M1 1q9 9 3 29t-2-20 3-2z'/>"),
        svg(
            "viewBox='0 0 300 11'",
            "<path d='M1 1q9 9 3 29t-2-20 3-2z' stroke='#000'/><rect x='20' width='270' height='9'/>",
        ),
    ]
    .iter()
    .enumerate()
    {
        let (most, squares) = check(&mut engine, text, &format!("{number}.svg")).unwrap();
        // The samples of one line may fall on the other side of a curve that is cut into other pieces.
        assert!(most <= 72 && squares <= 1.0, "{number}: {most} {squares}");
    }
}

#[test]
fn colours_few_and_many_come_back_as_they_were_drawn() {
    let mut engine = Engine::default();
    let stripes = |count: u32| -> String {
        let stripe = |at: u32| {
            let colour = at.wrapping_mul(0x9E37_79B1) >> 8;
            format!("<path fill='#{colour:06x}' d='M{} 0h1v{}h-1z'/>", at, 20 + at % 80)
        };
        (0..count).map(stripe).collect()
    };
    let gradient = "<linearGradient id='g'><stop stop-color='red'/><stop offset='1' stop-color='#00f' stop-opacity='.2'/></linearGradient>
        <rect width='100' height='70' fill='url(#g)'/><circle cx='60' cy='60' r='30' fill='#0f0'/>";
    for inside in [stripes(2), stripes(3), stripes(9), stripes(90), gradient.to_owned()] {
        let text = svg("viewBox='0 0 100 100'", &inside);
        let (most, squares) = check(&mut engine, &text, "colours.svg").unwrap();
        assert!(most <= 1 && squares <= 0.1, "{most} {squares}: {text:.200}");
    }
    let opaque = svg(
        "viewBox='0 0 100 100'",
        &format!("<rect width='100' height='100' fill='#fff'/>{gradient}"),
    );
    assert!(check(&mut engine, &opaque, "opaque.svg").is_some());
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "svg") {
            paths.push(path);
        }
    }
}

/// Real sets, where they are: a sample of what the tests install, everything of what the environment names.
fn real_files() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for set in ["lucide-static/icons", "bootstrap-icons/icons", "flag-icons/flags/4x3"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../tests/packs/node_modules")
            .join(set);
        if folder.is_dir() {
            let mut found = Vec::new();
            collect(&folder, &mut found);
            found.sort();
            paths.extend(found.into_iter().step_by(101));
        }
    }
    if let Ok(folders) = std::env::var("TRADEPOST_ICON_SETS") {
        folders
            .split(':')
            .for_each(|folder| collect(Path::new(folder), &mut paths));
    }
    paths
}

#[test]
fn real_sets_come_back_as_they_were_drawn() {
    let mut engine = Engine::default();
    let (mut most, mut sum, mut count) = (0, 0.0, 0_u32);
    for path in real_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let Some((difference, squares)) = check(&mut engine, &text, &path.to_string_lossy()) else {
            continue;
        };
        most = most.max(difference);
        sum += squares;
        count += 1;
        assert!(squares < 2.0, "{}: {difference} {squares}", path.display());
    }
    if count > 0 {
        let psnr = 10.0 * (255.0 * 255.0 / (sum / f64::from(count))).log10();
        println!("{count} files at 512 px: alpha differs by {most} at most, PSNR {psnr:.1} dB");
        assert!(psnr > 55.0, "{psnr}");
    }
}
