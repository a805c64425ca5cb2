//! Our engine, resvg and librsvg: each fits a drawing into the square.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use image::{RgbaImage, imageops};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::fonts;
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
    let mut options = Options {
        fontdb: Arc::clone(fontdb),
        ..Options::default()
    };
    options.font_resolver.select_font = Box::new(fonts::select);
    let tree = Tree::from_data(bytes, &options).ok()?;
    let scale = SIDE_PX as f32 / tree.size().width().max(tree.size().height());
    let mut pixmap = Pixmap::new(SIDE_PX, SIDE_PX)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    in_square(&pixmap.encode_png().ok()?)
}

/// Fonts of the machine and ours, with the same families for the generic ones and for those that are not here.
pub fn fonts_conf(out: &Path) -> PathBuf {
    out.join("fonts.conf")
}

pub fn write_fonts_conf(to: &Path) -> std::io::Result<()> {
    let families = [("sans-serif", "Arimo"), ("serif", "Tinos"), ("monospace", "Cousine")];
    let named = [
        ("Arial", "Arimo"),
        ("Helvetica", "Arimo"),
        ("Times New Roman", "Tinos"),
        ("Georgia", "Tinos"),
        ("Courier New", "Cousine"),
        ("Sans", "Arimo"),
        // The suite of resvg names them.
        ("Noto Sans", "Arimo"),
        ("Noto Serif", "Tinos"),
        ("Noto Mono", "Cousine"),
    ];
    let aliases: String = families
        .iter()
        .chain(&named)
        .map(|(family, ours)| {
            format!(
                "<alias binding=\"same\"><family>{family}</family><prefer><family>{ours}</family></prefer></alias>\n"
            )
        })
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts");
    std::fs::write(
        to,
        format!("<fontconfig><dir>{folder}</dir><dir>/usr/share/fonts</dir><cachedir prefix=\"xdg\">fontconfig</cachedir>\n{aliases}
        <match target=\"pattern\"><edit name=\"family\" mode=\"append_last\" binding=\"same\"><string>Arimo</string></edit></match>
        <match target=\"font\"><edit name=\"hinting\"><bool>false</bool></edit></match></fontconfig>\n"),
    )
}

pub fn librsvg(path: &Path, out: &Path) -> Option<RgbaImage> {
    let side = SIDE_PX.to_string();
    let mut command = Command::new("timeout");
    command
        .args(["30", "rsvg-convert"])
        .env("FONTCONFIG_FILE", fonts_conf(out))
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
