//! Our engine, resvg and librsvg: each fits a drawing into the square.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use image::{RgbaImage, imageops};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::presets::{Format, Preset, Watermark};

use crate::SIDE_PX;

const MAX_BYTES: u64 = 10 << 20;

pub fn ours(engine: &mut Engine, bytes: &[u8]) -> Option<RgbaImage> {
    let mut draw = |width_px: u32| {
        let preset = Preset {
            name: "judged".to_owned(),
            width_px,
            format: Format::Png,
            quality: 80,
            background: None,
            watermark: Watermark::None,
        };
        engine
            .open_for(Purpose::Draw, bytes, "judged.svg", &[preset], MAX_BYTES)
            .ok()
    };
    let mut opened = draw(SIDE_PX)?;
    let (width, height) = opened.size?;
    if height > width {
        opened = draw(((SIDE_PX as f32 * width / height).round() as u32).max(1))?;
    }
    in_square(&opened.pictures.first()?.bytes)
}

pub fn resvg(fontdb: &Arc<fontdb::Database>, bytes: &[u8]) -> Option<RgbaImage> {
    let options = Options {
        fontdb: Arc::clone(fontdb),
        ..Options::default()
    };
    let tree = Tree::from_data(bytes, &options).ok()?;
    let scale = SIDE_PX as f32 / tree.size().width().max(tree.size().height());
    let mut pixmap = Pixmap::new(SIDE_PX, SIDE_PX)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    in_square(&pixmap.encode_png().ok()?)
}

pub fn librsvg(path: &Path) -> Option<RgbaImage> {
    let side = SIDE_PX.to_string();
    let mut command = Command::new("rsvg-convert");
    command
        .args(["--keep-aspect-ratio", "-w", &side, "-h", &side])
        .arg(path);
    let output = command.output().ok()?;
    in_square(&output.stdout)
}

fn in_square(png: &[u8]) -> Option<RgbaImage> {
    let picture = image::load_from_memory(png).ok()?.to_rgba8();
    let mut square = RgbaImage::new(SIDE_PX, SIDE_PX);
    imageops::replace(&mut square, &picture, 0, 0);
    Some(square)
}
