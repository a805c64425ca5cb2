//! `make bench-previews`: `tradepostd render` beside sharp, resvg-js, rsvg-convert with cwebp, and a straightforward program on resvg.

mod ours;
pub mod peers;
mod sizes;
mod straight;

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// Every file is drawn in these widths, as PNG and as WebP at quality 80.
const WIDTHS: [u32; 4] = [64, 128, 256, 512];
const ROUNDS: usize = 5;
const SETS: [(&str, f64, f64); 3] = [("icons", 0.75, 0.60), ("colour", 9.0, 4.0), ("heavy", 22.0, 14.0)];

/// Measurements of one program on some files.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
struct Run {
    files: usize,
    failed: usize,
    /// CPU time of all its processes and threads.
    cpu_ms: f64,
    seconds: f64,
    /// Bytes of all pictures; of ours, those of the files that the others drew, too.
    png: u64,
    webp: u64,
    /// The number of those files, when they are not all.
    #[serde(default)]
    sized: Option<usize>,
    peak_kib: u64,
}

#[derive(clap::Subcommand)]
pub enum Command {
    /// Every program on every set, or on one.
    Compare {
        /// The folder with the sets and the peers.
        cache: PathBuf,
        /// The folder for the pictures, best in memory.
        out: PathBuf,
        /// A folder on a disk.
        disk: PathBuf,
        /// Files that each peer draws in a round.
        peer_files: usize,
        only: Option<String>,
    },
    /// A million icons into a tar.
    Million { folder: PathBuf, tar: PathBuf },
    /// The straightforward program on resvg, started by `compare`.
    #[command(hide = true)]
    Straight { out: PathBuf, files: Vec<String> },
}

pub fn run(command: &Command) {
    match command {
        Command::Compare {
            cache,
            out,
            disk,
            peer_files,
            only,
        } => {
            compare(cache, out, disk, *peer_files, only.as_deref());
        }
        Command::Million { folder, tar } => ours::million(folder, tar),
        Command::Straight { out, files } => straight::run(out, files),
    }
}

/// The places that ours is measured with.
const PLACES: [&str; 3] = [
    "tradepostd render, to a folder in memory",
    "tradepostd render, to a tar in memory",
    "tradepostd render, to a folder on the disk",
];

/// All programs on all sets, interleaved: in each round every program gets another slice of the set; ours gets the whole set.
/// The pictures go to `out`, which is best in memory: what a disk takes is told by a line of its own.
fn compare(cache: &Path, out: &Path, disk: &Path, peer_files: usize, only: Option<&str>) {
    for (set, goal, stretch) in SETS {
        if only.is_some_and(|only| only != set) {
            continue;
        }
        let folder = cache.join("sets").join(set);
        let files = files_of(&folder);
        let mut table: Vec<(&str, Vec<Run>)> = peers::NAMES.iter().map(|name| (*name, Vec::new())).collect();
        table.extend(PLACES.map(|name| (name, Vec::new())));
        let mut larger = sizes::Larger::default();
        for round in 0..ROUNDS {
            let slice: Vec<PathBuf> = files.iter().skip(round).step_by(ROUNDS).cloned().collect();
            let slice = spread(&slice, peer_files);
            let mut of_sharp = None;
            for (name, runs) in &mut table {
                let run = match PLACES.iter().position(|place| place == name) {
                    Some(0) => {
                        let pictures = fresh(out).join("pictures");
                        let run = ours::draw(&folder, &pictures, 1, &slice);
                        larger.add(&slice, &pictures, of_sharp.as_ref().unwrap());
                        run
                    }
                    Some(1) => ours::draw(&folder, &fresh(out).join("pictures.tar"), 1, &slice),
                    Some(_) => ours::draw(&folder, &fresh(disk).join("pictures"), 1, &slice),
                    None => peers::run(name, &slice, cache, &fresh(out)),
                };
                runs.push(run);
                of_sharp.get_or_insert_with(|| sizes::of_pictures(out));
            }
        }
        print_set(set, files.len(), (goal, stretch), &table);
        println!("\n{larger}");
        ours::stages(&folder, &fresh(out).join("pictures.tar"));
    }
    let _ = std::fs::remove_dir_all(out);
    let _ = std::fs::remove_dir_all(disk);
}

fn print_set(set: &str, files: usize, (goal, stretch): (f64, f64), table: &[(&str, Vec<Run>)]) {
    let per_file = |run: &Run| run.cpu_ms / (run.files.max(1)) as f64;
    let of = |runs: &[Run], figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    let mine = of(&table[peers::NAMES.len()].1, &per_file);
    println!("\n### {set}: {files} files, 8 pictures each (goal {goal} ms, stretch {stretch} ms)\n");
    println!("| program | CPU ms/file | against ours | files/s | PNG KB/file | WebP KB/file | peak MiB | failed |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, runs) in table {
        let kb = |of: fn(&Run) -> u64| {
            move |run: &Run| of(run) as f64 / 1000.0 / run.sized.unwrap_or(run.files - run.failed).max(1) as f64
        };
        println!(
            "| {name} | {:.2} | {:.1}x | {:.0} | {:.1} | {:.1} | {:.0} | {} |",
            of(runs, &per_file),
            of(runs, &per_file) / mine,
            of(runs, &|run| run.files as f64 / run.seconds),
            of(runs, &kb(|run| run.png)),
            of(runs, &kb(|run| run.webp)),
            of(runs, &|run| run.peak_kib as f64 / 1024.0),
            runs.iter().map(|run| run.failed).sum::<usize>(),
        );
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn spread(files: &[PathBuf], count: usize) -> Vec<PathBuf> {
    let step = (files.len() / count.max(1)).max(1);
    files.iter().step_by(step).take(count).cloned().collect()
}

/// An empty folder at that place.
fn fresh(folder: &Path) -> PathBuf {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    folder.to_owned()
}

/// Processor time of every child that has ended.
fn children_cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Duration::from_secs_f64(seconds(usage.user_time()) + seconds(usage.system_time()))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
