//! Draws every SVG of some folders as the default presets without the watermark, and tells what a file cost by stage and how large it came out.
//!
//! `cargo run --release -p tradepost-render --example engine_times -- FOLDER... [--every N] [--rounds N]`

use std::path::{Path, PathBuf};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::presets::{Format, Preset, Watermark, default_presets};
use tradepost_render::times::StageTimes;

const MAX_BYTES: u64 = 10 << 20;

struct Wanted {
    folders: Vec<PathBuf>,
    /// One file in so many.
    every: usize,
    rounds: usize,
    purpose: Purpose,
    marked: bool,
}

fn main() -> anyhow::Result<()> {
    let wanted = wanted()?;
    let mut paths = Vec::new();
    for folder in &wanted.folders {
        collect(folder, &mut paths)?;
    }
    paths.sort();
    let paths: Vec<PathBuf> = paths.into_iter().step_by(wanted.every).collect();
    anyhow::ensure!(!paths.is_empty(), "no SVG in these folders");
    let files = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let presets: Vec<Preset> = default_presets()
        .into_iter()
        .filter(|preset| wanted.marked || preset.watermark == Watermark::None)
        .collect();
    let mut engine = Engine::default();
    let mut rounds = Vec::new();
    for _ in 0..wanted.rounds {
        rounds.push(round(&mut engine, &wanted, &paths, &files, &presets)?);
    }
    rounds.sort_by(|left, right| left.cpu_ms.total_cmp(&right.cpu_ms));
    rounds[rounds.len() / 2].print(files.len(), &presets);
    Ok(())
}

/// What all files once cost.
struct Round {
    cpu_ms: f64,
    times: StageTimes,
    failed: usize,
    /// Bytes by preset.
    bytes: Vec<usize>,
}

fn round(
    engine: &mut Engine,
    wanted: &Wanted,
    paths: &[PathBuf],
    files: &[Vec<u8>],
    presets: &[Preset],
) -> anyhow::Result<Round> {
    let mut round = Round {
        cpu_ms: 0.0,
        times: StageTimes::default(),
        failed: 0,
        bytes: vec![0; presets.len()],
    };
    engine.take_times();
    let before = cpu_ms()?;
    for (path, file) in paths.iter().zip(files) {
        match engine.render_for(wanted.purpose, file, &path.to_string_lossy(), presets, MAX_BYTES) {
            Ok(drawing) => {
                for (sum, picture) in round.bytes.iter_mut().zip(&drawing.pictures) {
                    *sum += picture.bytes.len();
                }
            }
            Err(_) => round.failed += 1,
        }
    }
    round.cpu_ms = cpu_ms()? - before;
    round.times = engine.take_times();
    Ok(round)
}

impl Round {
    fn print(&self, files: usize, presets: &[Preset]) {
        let count = files as f64;
        println!("{files} files, {} without a picture", self.failed);
        println!("cpu    {:7.4} ms a file", self.cpu_ms / count);
        // The stages are told by the clock, which goes on while another program has the processor: their shares count.
        let stages = self.times.stages();
        let all: f64 = stages.iter().map(|(_, time)| time.as_secs_f64()).sum();
        for (name, time) in stages {
            println!("{name:6} {:7.4} ms", self.cpu_ms / count * time.as_secs_f64() / all);
        }
        for format in [Format::Png, Format::Webp] {
            let of_format = || {
                presets
                    .iter()
                    .zip(&self.bytes)
                    .filter(|(preset, _)| preset.format == format)
            };
            let total: usize = of_format().map(|(_, bytes)| bytes).sum();
            let each = of_format().map(|(preset, &bytes)| format!("{} {:.0}", preset.width_px, bytes as f64 / count));
            println!(
                "{:6} {:7.0} bytes a file ({})",
                format.as_str(),
                total as f64 / count,
                each.collect::<Vec<_>>().join(", ")
            );
        }
    }
}

/// User and system time of this process so far.
fn cpu_ms() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e3)
}

fn wanted() -> anyhow::Result<Wanted> {
    let mut wanted = Wanted {
        folders: Vec::new(),
        every: 1,
        rounds: 3,
        purpose: Purpose::Draw,
        marked: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> anyhow::Result<usize> {
            let text = arguments.next().unwrap_or_default();
            let number: usize = text.parse()?;
            anyhow::ensure!(number > 0, "{argument} needs a number above zero");
            Ok(number)
        };
        match argument.as_str() {
            "--every" => wanted.every = number()?,
            "--rounds" => wanted.rounds = number()?,
            "--publish" => wanted.purpose = Purpose::Publish,
            "--marked" => wanted.marked = true,
            _ => wanted.folders.push(argument.into()),
        }
    }
    anyhow::ensure!(
        !wanted.folders.is_empty(),
        "usage: engine_times FOLDER... [--every N] [--rounds N] [--publish] [--marked]"
    );
    Ok(wanted)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if folder.is_file() {
        paths.push(folder.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "svg") {
            paths.push(path);
        }
    }
    Ok(())
}
