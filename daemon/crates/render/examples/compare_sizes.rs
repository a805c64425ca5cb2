//! Whether a small picture comes out better as halves of a large one or drawn for itself: the distance of both from a picture that was drawn by
//! resvg 32 times as wide and averaged. Files with strokes that are thinner than a pixel are told apart, because there it shows most.
//!
//! `cargo run --release -p tradepost-render --example compare_sizes -- FOLDER... [--every N]`

use std::path::{Path, PathBuf};

use image::ImageFormat;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Group, Node, Options, Tree};
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::presets::{Format, Preset, default_presets};

const MAX_BYTES: u64 = 10 << 20;
const SMALL_PX: u32 = 64;
const LARGE_PX: u32 = 512;
/// Samples of the reference along each side of a pixel.
const SAMPLES: u32 = 32;
const HOW: [&str; 3] = [
    "halves of 512 px (ours)",
    "drawn at 64 px (ours)",
    "drawn at 64 px (resvg)",
];

/// Root mean square distances of premultiplied channels, 0 to 255, a file each.
#[derive(Default)]
struct Distances([Vec<f64>; 3]);

fn main() -> anyhow::Result<()> {
    let (mut folders, mut every) = (Vec::new(), 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--every" => every = arguments.next().unwrap_or_default().parse()?,
            folder => folders.push(PathBuf::from(folder)),
        }
    }
    println!("| set | files | way | median | p95 | largest | closest in |\n|---|---|---|---|---|---|---|");
    for folder in folders {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        paths.sort();
        let (mut thin, mut others) = (Distances::default(), Distances::default());
        let mut engine = Engine::default();
        for path in paths.iter().step_by(every) {
            if let Some((is_thin, distances)) = compare(&mut engine, path)? {
                let sum = if is_thin { &mut thin } else { &mut others };
                sum.0.iter_mut().zip(distances).for_each(|(all, one)| all.push(one));
            }
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        thin.print(&format!("{name}, strokes thinner than a pixel"));
        others.print(&format!("{name}, all others"));
    }
    Ok(())
}

/// Whether the file has thin strokes, and the three distances; `None` for what is not square or cannot be drawn.
fn compare(engine: &mut Engine, path: &Path) -> anyhow::Result<Option<(bool, [f64; 3])>> {
    let bytes = std::fs::read(path)?;
    let Ok(tree) = Tree::from_data(&bytes, &Options::default()) else {
        return Ok(None);
    };
    if (tree.size().width() - tree.size().height()).abs() > 0.001 {
        return Ok(None);
    }
    let scale = SMALL_PX as f32 / tree.size().width();
    let (Some(truth), Some(resvg)) = (reference(&tree), drawn(&tree, SMALL_PX)) else {
        return Ok(None);
    };
    let halved = smallest(engine, &bytes, path, &[SMALL_PX, LARGE_PX]);
    let (Some(halved), Some(anew)) = (halved, smallest(engine, &bytes, path, &[SMALL_PX])) else {
        return Ok(None);
    };
    let resvg: Vec<f64> = resvg.data().iter().map(|&byte| f64::from(byte)).collect();
    let distances = [premultiplied(&halved)?, premultiplied(&anew)?, resvg].map(|picture| distance(&picture, &truth));
    Ok(Some((thinnest(tree.root()) * scale < 1.0, distances)))
}

/// The first of some widths, as PNG; `None` for what is refused.
fn smallest(engine: &mut Engine, bytes: &[u8], path: &Path, widths: &[u32]) -> Option<Vec<u8>> {
    let plain = default_presets().remove(0);
    let preset = |&width_px: &u32| Preset {
        name: format!("png-{width_px}"),
        width_px,
        format: Format::Png,
        ..plain.clone()
    };
    let presets: Vec<Preset> = widths.iter().map(preset).collect();
    let drawing = engine
        .render_for(Purpose::Draw, bytes, &path.to_string_lossy(), &presets, MAX_BYTES)
        .ok()?;
    drawing.pictures.into_iter().next().map(|picture| picture.bytes)
}

fn premultiplied(png: &[u8]) -> anyhow::Result<Vec<f64>> {
    let picture = image::load_from_memory_with_format(png, ImageFormat::Png)?.into_rgba8();
    let channels = |pixel: &image::Rgba<u8>| {
        let alpha = f64::from(pixel[3]) / 255.0;
        let [red, green, blue, _] = pixel.0.map(|channel| f64::from(channel) * alpha);
        [red, green, blue, f64::from(pixel[3])]
    };
    Ok(picture.pixels().flat_map(channels).collect())
}

fn drawn(tree: &Tree, width: u32) -> Option<Pixmap> {
    let mut pixmap = Pixmap::new(width, width)?;
    let scale = width as f32 / tree.size().width();
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Some(pixmap)
}

/// Every pixel the average of its samples.
fn reference(tree: &Tree) -> Option<Vec<f64>> {
    let large = drawn(tree, SMALL_PX * SAMPLES)?;
    let mut sums = vec![0.0; (SMALL_PX * SMALL_PX * 4) as usize];
    let row = (SMALL_PX * SAMPLES * 4) as usize;
    for (y, line) in large.data().chunks_exact(row).enumerate() {
        let target = y / SAMPLES as usize * (SMALL_PX * 4) as usize;
        for (x, pixel) in line.chunks_exact(4).enumerate() {
            let at = target + x / SAMPLES as usize * 4;
            for (sum, &channel) in sums[at..at + 4].iter_mut().zip(pixel) {
                *sum += f64::from(channel);
            }
        }
    }
    sums.iter_mut().for_each(|sum| *sum /= f64::from(SAMPLES * SAMPLES));
    Some(sums)
}

fn distance(picture: &[f64], truth: &[f64]) -> f64 {
    let squares: f64 = picture.iter().zip(truth).map(|(a, b)| (a - b) * (a - b)).sum();
    (squares / truth.len() as f64).sqrt()
}

/// The width of the thinnest stroke, in units of the file; endless without any.
fn thinnest(group: &Group) -> f32 {
    let width = |node: &Node| match node {
        Node::Group(group) => thinnest(group),
        Node::Path(path) => path.stroke().map_or(f32::INFINITY, |stroke| {
            let (across, along) = path.abs_transform().get_scale();
            stroke.width().get() * across.min(along)
        }),
        _ => f32::INFINITY,
    };
    group.children().iter().map(width).fold(f32::INFINITY, f32::min)
}

impl Distances {
    fn print(&self, set: &str) {
        let files = self.0[0].len();
        if files == 0 {
            return;
        }
        let mut best = [0; 3];
        for file in 0..files {
            let least = self.0.iter().map(|way| way[file]).fold(f64::INFINITY, f64::min);
            best.iter_mut()
                .zip(&self.0)
                .for_each(|(count, way)| *count += usize::from(way[file] <= least));
        }
        for ((how, distances), best) in HOW.iter().zip(&self.0).zip(best) {
            let mut sorted = distances.clone();
            sorted.sort_by(f64::total_cmp);
            let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
            println!(
                "| {set} | {files} | {how} | {:.2} | {:.2} | {:.2} | {best} |",
                at(0.5),
                at(0.95),
                at(1.0)
            );
        }
    }
}
