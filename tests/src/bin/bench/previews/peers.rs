//! The other programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::{Run, WIDTHS, children_cpu, sizes};

pub const NAMES: [&str; 6] = [
    "sharp, a pipeline an output",
    "sharp, one load, scaled",
    "sharp, one load, scaled, quickest coders",
    "resvg-js + sharp for WebP",
    "rsvg-convert + cwebp",
    "straightforward: resvg at each size, png, libwebp method 4",
];

/// Runs one of them over the files. None counts its start-up, but for rsvg-convert and cwebp, which start for every picture.
pub(super) fn run(name: &str, files: &[PathBuf], cache: &Path, out: &Path) -> Run {
    match name {
        "sharp, a pipeline an output" => node("sharp", files, cache, out),
        "sharp, one load, scaled" => node("sharp-once", files, cache, out),
        "sharp, one load, scaled, quickest coders" => node("sharp-quick", files, cache, out),
        "resvg-js + sharp for WebP" => node("resvg-js", files, cache, out),
        "rsvg-convert + cwebp" => librsvg(files, out),
        _ => itself(files, out),
    }
}

/// Every core draws a part of the files; the seconds of the one that takes longer.
pub fn seconds_on_all_cores(name: &str, files: &[PathBuf], cache: &Path, out: &Path) -> f64 {
    let cores = std::thread::available_parallelism().unwrap().get();
    let part = files.len().div_ceil(cores);
    std::thread::scope(|scope| {
        let parts: Vec<_> = files
            .chunks(part)
            .map(|files| scope.spawn(|| run(name, files, cache, out)))
            .collect();
        parts
            .into_iter()
            .map(|part| part.join().unwrap().seconds)
            .fold(0.0, f64::max)
    })
}

fn node(how: &str, files: &[PathBuf], cache: &Path, out: &Path) -> Run {
    let mut command = Command::new("node");
    command.arg(cache.join("peer.mjs")).arg(how).arg(out).args(files);
    told(&mut command)
}

fn itself(files: &[PathBuf], out: &Path) -> Run {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("previews").arg("straight").arg(out).args(files);
    told(&mut command)
}

/// A program that measures itself.
fn told(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&words).unwrap_or_else(|error| {
        panic!(
            "{command:?}: {error}\n{words}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn librsvg(files: &[PathBuf], out: &Path) -> Run {
    let (before, started) = (children_cpu(), Instant::now());
    let mut failed = 0;
    for file in files {
        let stem = file.file_stem().unwrap().to_string_lossy();
        let drawn = WIDTHS.iter().all(|width| {
            let picture = |ending: &str| out.join(format!("{stem}-{width}.{ending}"));
            let png = Command::new("rsvg-convert")
                .args(["-w", &width.to_string(), "-o"])
                .arg(picture("png"))
                .arg(file)
                .output();
            let webp = Command::new("cwebp")
                .args(["-quiet", "-q", "80", "-o"])
                .arg(picture("webp"))
                .arg(picture("png"))
                .output();
            [png, webp].into_iter().all(|output| output.unwrap().status.success())
        });
        failed += usize::from(!drawn);
    }
    let (png, webp) = sizes::sum(out);
    Run {
        files: files.len(),
        failed,
        cpu_ms: (children_cpu() - before).as_secs_f64() * 1000.0,
        seconds: started.elapsed().as_secs_f64(),
        png,
        webp,
        sized: None,
        peak_kib: 0,
    }
}
