//! Prints the milliseconds of CPU that a file of each FOLDER takes: eight pictures, and with a marked one, of 300 files.
//!
//! `cargo run --release -p tradepost-render --example speed -- FOLDER...`. An older commit is compared by building it there, too, and running
//! both in turns: the machine's noise is larger than most differences.

use std::error::Error;
use std::path::{Path, PathBuf};

use tradepost_render::engine::Engine;
use tradepost_render::fonts;
use tradepost_render::presets::{Format, Preset, Watermark};

const FILES: usize = 300;
const MAX_BYTES: u64 = 10 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let presets = presets();
    println!("| folder | files | drawn | ms of CPU a file | with the marked picture |\n|---|---|---|---|---|");
    for folder in std::env::args().skip(1) {
        let files = read(Path::new(&folder))?;
        let mut engine = Engine::new(fonts::open_system());
        let (mut drawn, mut seconds) = (0, [0.0; 2]);
        // In turns, because the machine is not always as quick.
        for some in files.chunks(FILES / 10) {
            for (count, seconds) in [8, 9].into_iter().zip(&mut seconds) {
                let start = cpu_seconds()?;
                let are_drawn = some
                    .iter()
                    .filter(|bytes| engine.render(bytes, "a.svg", &presets[..count], MAX_BYTES).is_ok());
                drawn += are_drawn.count();
                *seconds += cpu_seconds()? - start;
            }
        }
        let [eight, nine] = seconds.map(|seconds| seconds * 1e3 / files.len() as f64);
        println!(
            "| {folder} | {} | {} | {eight:.3} | {nine:.3} |",
            files.len(),
            drawn / 2
        );
    }
    Ok(())
}

fn presets() -> Vec<Preset> {
    let preset = |width_px, format: Format, watermark| Preset {
        name: format!("{}-{width_px}", format.as_str()),
        width_px,
        format,
        quality: 80,
        background: None,
        watermark,
    };
    let widths = [64, 128, 256, 512].into_iter();
    let plain =
        widths.flat_map(|width| [Format::Png, Format::Webp].map(|format| preset(width, format, Watermark::None)));
    plain.chain([preset(512, Format::Webp, Watermark::Tiled)]).collect()
}

fn read(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    let paths: std::io::Result<Vec<PathBuf>> = folder.read_dir()?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "svg"));
    paths.sort();
    let step = (paths.len() / FILES).max(1);
    paths.iter().step_by(step).map(std::fs::read).collect()
}

/// The time of this thread, of Linux.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().ok_or("no time")?.parse()?;
    Ok(nanoseconds / 1e9)
}
