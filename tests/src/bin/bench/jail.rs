//! `make bench-jail`: what the jail costs beside no jail at all, what becomes of thirty files that never end, and how honest uploads fare meanwhile.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tradepost_jail::{BATCH_FILES, InputFile, Jail, Layers, Limits};
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::presets::{Preset, default_presets};
use tradepost_store::sha256;
use tradepost_tests::{Options as Daemon, PackBuilder, TestApp, bombs, program};

const ICONS: &str = "tests/packs/node_modules/lucide-static/icons";
const FILES: usize = 1_500;
const ROUNDS: usize = 7;
const MAX_BYTES: u64 = 10 << 20;
/// Rounds of honest packs alone and beside bombs, and the packs of each half of a round.
const FLOODS: usize = 9;
const PACKS: usize = 10;

#[derive(clap::Args)]
pub struct Options {
    /// Takes only this measurement.
    #[arg(long)]
    only: Option<Part>,
    /// Packs of bombs at once, each by a contributor of its own.
    #[arg(long, default_value_t = 1)]
    hostile: usize,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    /// The cost of the jail.
    Cost,
    /// The end of each bomb.
    Bombs,
    /// Honest packs beside packs of bombs.
    Beside,
}

pub async fn run(options: &Options) {
    assert!(
        Path::new(ICONS).exists(),
        "the icon sets are not installed: run make packs"
    );
    let takes = |part| options.only.is_none_or(|only| only == part);
    if takes(Part::Cost) {
        cost().await;
    }
    if takes(Part::Bombs) {
        bombs_one_by_one().await;
    }
    if takes(Part::Beside) {
        honest_meanwhile(options.hostile).await;
    }
}

/// Renders the files by as many threads as there are cores: in this process, in children without confinement, in the jail; then drawn only, as
/// campaigns and `tradepostd render` do: in this process, and in the jail in batches. Interleaved.
async fn cost() {
    let files = icons();
    let presets = default_presets();
    let cores = std::thread::available_parallelism().unwrap().get();
    let bare = Layers {
        landlock: false,
        seccomp: false,
    };
    let jail = |layers| Jail::with_layers(program("tradepostd"), cores, Limits::default(), layers);
    let (bare, full) = (jail(bare), jail(Layers::ALL));
    let mut seconds: [Vec<f64>; 5] = Default::default();
    for round in 0..=ROUNDS {
        let measured = [
            here(Purpose::Publish, &files, &presets, cores),
            through(&bare, &files, &presets, cores).await,
            through(&full, &files, &presets, cores).await,
            here(Purpose::Draw, &files, &presets, cores),
            in_batches(&full, &files, &presets, cores).await,
        ];
        // The first round warms up.
        if round > 0 {
            seconds.iter_mut().zip(measured).for_each(|(all, one)| all.push(one));
        }
    }
    let [here, bare, full, drawn, batches] = seconds.map(|mut all| FILES as f64 / median(&mut all));
    println!("| {FILES} icons, 9 pictures each, {cores} threads | files/s | beside no jail |\n|---|---|---|");
    let row = |what: &str, rate: f64, of: f64| println!("| {what} | {rate:.0} | {:.1} % |", 100.0 * rate / of);
    row("judged and drawn in this process, no jail at all", here, here);
    row("children, limits, no confinement", bare, here);
    row("children, limits, Landlock, seccomp: an upload", full, here);
    row("drawn only, in this process, no jail at all", drawn, drawn);
    row("drawn only, in the jail in batches: a campaign", batches, drawn);
    println!();
}

fn icons() -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(ICONS)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "svg"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| (path.display().to_string(), std::fs::read(&path).unwrap());
    paths.into_iter().take(FILES).map(read).collect()
}

fn here(purpose: Purpose, files: &[(String, Vec<u8>)], presets: &[Preset], threads: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut engine = Engine::default();
                while let Some((path, bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    engine.render_for(purpose, bytes, path, presets, MAX_BYTES).unwrap();
                }
            });
        }
    });
    started.elapsed().as_secs_f64()
}

async fn through(jail: &Jail, files: &[(String, Vec<u8>)], presets: &[Preset], places: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    // As the queue `render` works: twice as many handlers as cores.
    let worker = || async {
        while let Some((path, bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            jail.render(descriptor(bytes), &sha256(bytes), path, presets)
                .await
                .unwrap();
        }
    };
    futures_util::future::join_all((0..places * 2).map(|_| worker())).await;
    started.elapsed().as_secs_f64()
}

async fn in_batches(jail: &Jail, files: &[(String, Vec<u8>)], presets: &[Preset], places: usize) -> f64 {
    let presets: Arc<[Preset]> = presets.into();
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let worker = || async {
        while let Some(batch) = files.chunks(BATCH_FILES).nth(next.fetch_add(1, Ordering::Relaxed)) {
            let input = |(path, bytes): &(String, Vec<u8>)| InputFile {
                path: path.clone(),
                bytes: bytes.clone().into(),
            };
            let (results, _) = jail.render_many(batch.iter().map(input).collect(), &presets).await;
            results.into_iter().for_each(|answer| drop(answer.unwrap()));
        }
    };
    futures_util::future::join_all((0..places).map(|_| worker())).await;
    started.elapsed().as_secs_f64()
}

fn descriptor(bytes: &[u8]) -> File {
    let name = c"item";
    let mut file = File::from(nix::sys::memfd::memfd_create(name, nix::sys::memfd::MFdFlags::MFD_CLOEXEC).unwrap());
    file.write_all(bytes).unwrap();
    file
}

/// The end of each of the thirty files, alone, within the default limits.
async fn bombs_one_by_one() {
    let jail = Jail::new(program("tradepostd"), 2, Limits::default());
    println!("| file | bytes | ends as | after |\n|---|---|---|---|");
    let mut slowest = Duration::ZERO;
    for (what, _, bytes) in bombs::all() {
        let started = Instant::now();
        let end = match jail
            .render(descriptor(&bytes), &sha256(&bytes), "bomb.svg", &default_presets())
            .await
        {
            Ok(_) => "DRAWN".to_owned(),
            Err(error) => error.to_string(),
        };
        let took = started.elapsed();
        slowest = slowest.max(took);
        println!("| {what} | {} | {end} | {:.2} s |", bytes.len(), took.as_secs_f64());
    }
    println!("\nslowest: {:.2} s (goal: under 10 s)\n", slowest.as_secs_f64());
}

/// Packs of twenty icons, one after the other: alone, and while packs with all the bombs are being worked on. By turns, so that both meet the same
/// machine.
async fn honest_meanwhile(hostile: usize) {
    let app = TestApp::start_with(Daemon::default());
    let honest = app.trusted("honest");
    let hostile: Vec<_> = (0..hostile).map(|one| app.trusted(&format!("mallory-{one}"))).collect();
    let files = icons();
    let (mut number, mut quiet, mut busy) = (0, Vec::new(), Vec::new());
    for flood in 0..FLOODS {
        for _ in 0..PACKS {
            number += 1;
            quiet.push(one_pack(&app, &honest, &files, number).await);
        }
        let mut ids = Vec::new();
        for (index, token) in hostile.iter().enumerate() {
            ids.push(app.upload(token, &bomb_pack(flood * hostile.len() + index)).await);
        }
        let started = Instant::now();
        for _ in 0..PACKS {
            number += 1;
            busy.push(one_pack(&app, &honest, &files, number).await);
        }
        let honest_took = started.elapsed().as_secs_f64();
        for id in ids {
            let trace = app.settled(&id).await;
            let took = started.elapsed().as_secs_f64();
            let state = &trace["upload"]["state"];
            eprintln!("flood {flood}: {state} after {took:.1} s, {PACKS} honest packs after {honest_took:.1} s");
        }
    }
    // The first round warms up.
    print_times(&quiet[PACKS..], &busy[PACKS..]);
}

/// The time of each pack from `complete` to published, and in each of its stages. Stages of the same name are compared.
fn print_times(quiet: &[Stages], busy: &[Stages]) {
    println!(
        "| packs of 20 icons | median | p95 | beside bombs: median | p95 | ratio of medians | of p95 (goal: 1.20) |"
    );
    println!("|---|---|---|---|---|---|---|");
    let names = quiet[0].iter().map(|(name, _)| Some(name.as_str()));
    for name in std::iter::once(None).chain(names) {
        let of = |packs: &[Stages]| {
            let seconds = |pack: &Stages| -> f64 {
                let counted = pack.iter().filter(|(stage, _)| name.is_none_or(|name| name == stage));
                counted.map(|(_, seconds)| seconds * 1e3).sum()
            };
            percentiles(&mut packs.iter().map(seconds).collect::<Vec<_>>())
        };
        let (quiet, busy) = (of(quiet), of(busy));
        println!(
            "| {} | {:.0} ms | {:.0} ms | {:.0} ms | {:.0} ms | {:.2} | {:.2} |",
            name.unwrap_or("`complete` to published"),
            quiet.0,
            quiet.1,
            busy.0,
            busy.1,
            busy.0 / quiet.0,
            busy.1 / quiet.1
        );
    }
}

/// The stages of a pack and their seconds, as the daemon's clock tells them: events tell of the end up to 250 ms later.
type Stages = Vec<(String, f64)>;

async fn one_pack(app: &TestApp, token: &str, files: &[(String, Vec<u8>)], number: usize) -> Stages {
    let pack = files.iter().cycle().skip(number * 20).take(20).enumerate().fold(
        PackBuilder::new(&format!("Honest {number}")),
        |pack, (index, (_, bytes))| {
            // Every pack has bytes of its own.
            let mut bytes = bytes.clone();
            bytes.extend_from_slice(format!("<!-- {number} -->").as_bytes());
            pack.file(&format!("icons/{index}.svg"), bytes)
        },
    );
    let trace = app.upload_and_settle(token, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let stages = trace["stages"].as_array().unwrap();
    let stages = stages.iter().filter(|stage| stage["stage"] != "receive");
    stages
        .map(|stage| {
            let name = stage["stage"].as_str().unwrap().to_owned();
            (name, stage["seconds"].as_f64().unwrap())
        })
        .collect()
}

fn bomb_pack(flood: usize) -> Vec<u8> {
    bombs::all()
        .into_iter()
        .enumerate()
        .filter(|(_, (_, extension, _))| *extension == "svg")
        .fold(
            PackBuilder::new(&format!("Bombs {flood}")).stored(),
            |pack, (index, (_, _, mut bytes))| {
                // Every pack has bytes of its own: none was found clean before.
                bytes.extend_from_slice(format!("<!-- {flood} -->").as_bytes());
                pack.file(&format!("icons/{index}.svg"), bytes)
            },
        )
        .build()
}

fn median(values: &mut [f64]) -> f64 {
    percentiles(values).0
}

fn percentiles(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[values.len() * 95 / 100])
}
