//! `tradepostd render`, as it is.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tradepost_tests::program;

use super::{Run, children_cpu, sizes};

/// The interval between memory samples.
const LOOK: Duration = Duration::from_millis(100);
const MILLION: usize = 1_000_000;
/// The eight pictures that the others make, too.
const EIGHT: [&str; 4] = ["--widths", "64,128,256,512", "--formats", "png,webp"];

/// Draws a folder, start-up and the children of the jail included. The bytes are those of the pictures of `sized`.
pub fn draw(folder: &Path, out: &Path, threads: usize, sized: &[PathBuf]) -> Run {
    let mut command = Command::new(program("tradepostd"));
    command.arg("render").arg(folder).arg("--out").arg(out);
    command.args(EIGHT);
    command.args(["--fresh", "--json", "--threads", &threads.to_string()]);
    let (run, summary) = watched(&mut command);
    let (png, webp) = if out.is_dir() {
        sizes::of_files(sized, out)
    } else {
        (0, 0)
    };
    let count = |key: &str| summary[key].as_u64().unwrap_or_else(|| panic!("no {key} in {summary}")) as usize;
    Run {
        files: count("drawn") + count("failed"),
        failed: count("failed"),
        png,
        webp,
        sized: Some(sized.len()),
        ..run
    }
}

/// Time by stage.
pub fn stages(folder: &Path, out: &Path) {
    let mut command = Command::new(program("tradepostd"));
    command.arg("render").arg(folder).arg("--out").arg(out);
    let output = command
        .args(["--fresh", "--stages", "--threads", "1"])
        .output()
        .unwrap();
    println!("\n```\n{}```", String::from_utf8_lossy(&output.stdout));
}

/// A million icons by two threads into one tar, with the memory over time: flat or not.
pub fn million(folder: &Path, out: &Path) {
    let files = std::fs::read_dir(folder).unwrap().count();
    let repeat = MILLION.div_ceil(files);
    let mut command = Command::new(program("tradepostd"));
    command.arg("render").arg(folder).arg("--out").arg(out);
    command.args(EIGHT);
    command.args(["--fresh", "--json", "--threads", "2", "--repeat", &repeat.to_string()]);
    let (run, summary) = watched(&mut command);
    let minutes = run.seconds / 60.0;
    println!("{summary}\n");
    println!("| icons | minutes | icons/s | CPU ms/icon | peak MiB |\n|---|---|---|---|---|");
    let drawn = files * repeat;
    println!(
        "| {drawn} | {minutes:.2} | {:.0} | {:.2} | {:.0} |",
        drawn as f64 / run.seconds,
        run.cpu_ms / drawn as f64,
        run.peak_kib as f64 / 1024.0
    );
}

/// Runs it to its end. Answers with what it took and the JSON that it printed.
fn watched(command: &mut Command) -> (Run, serde_json::Value) {
    let (before, started) = (children_cpu(), Instant::now());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut peak_kib, mut seen, mut told) = (0, Instant::now(), started);
    while child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
        if seen.elapsed() >= LOOK {
            seen = Instant::now();
            let now = memory_kib(&child);
            peak_kib = peak_kib.max(now);
            if told.elapsed() > Duration::from_mins(1) {
                told = Instant::now();
                println!("after {:.0} s: {} MiB", started.elapsed().as_secs_f64(), now / 1024);
            }
        }
    }
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    let summary = serde_json::from_str(&words).unwrap_or_else(|error| panic!("{command:?}: {error}\n{words}"));
    let run = Run {
        cpu_ms: (children_cpu() - before).as_secs_f64() * 1000.0,
        seconds: started.elapsed().as_secs_f64(),
        peak_kib,
        ..Run::default()
    };
    (run, summary)
}

/// Resident memory of the process and its children; what they share is counted once for each.
fn memory_kib(child: &Child) -> u64 {
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let tasks = std::fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    let children: Vec<String> = tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace()
                .map(|id| format!("/proc/{id}"))
                .collect::<Vec<_>>()
        })
        .collect();
    let resident = |process: &Path| {
        let status = std::fs::read_to_string(process.join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let all = children.iter().map(Path::new).chain([process.as_path()]);
    all.filter_map(resident).sum()
}
