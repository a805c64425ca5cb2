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
use tradepost_tests::{Options, PackBuilder, TestApp, bombs, program};

const ICONS: &str = "tests/packs/node_modules/lucide-static/icons";
const FILES: usize = 1_500;
const ROUNDS: usize = 7;
const MAX_BYTES: u64 = 10 << 20;

pub async fn run() {
    assert!(
        Path::new(ICONS).exists(),
        "the icon sets are not installed: run make packs"
    );
    cost().await;
    bombs_one_by_one().await;
    honest_meanwhile().await;
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

/// Packs of twenty icons, one after the other: alone, and while a pack with all the bombs is being worked on.
async fn honest_meanwhile() {
    let app = TestApp::start_with(Options::default());
    let honest = app.trusted("honest");
    let hostile = app.trusted("mallory");
    let files = icons();
    let mut number = 0;
    let mut quiet = Vec::new();
    for _ in 0..40 {
        number += 1;
        quiet.push(one_pack(&app, &honest, &files, number).await);
    }
    let mut busy = Vec::new();
    for flood in 0..4 {
        let id = app.upload(&hostile, &bomb_pack(flood)).await;
        for _ in 0..10 {
            number += 1;
            busy.push(one_pack(&app, &honest, &files, number).await);
        }
        let trace = app.settled(&id).await;
        eprintln!("flood {flood}: {}", trace["upload"]["state"]);
    }
    let (quiet, busy) = (percentiles(&mut quiet), percentiles(&mut busy));
    println!("| packs of 20 icons, `complete` to published | median | p95 |\n|---|---|---|");
    println!("| alone | {:.0} ms | {:.0} ms |", quiet.0 * 1e3, quiet.1 * 1e3);
    println!(
        "| beside packs of 30 bombs | {:.0} ms | {:.0} ms |",
        busy.0 * 1e3,
        busy.1 * 1e3
    );
    println!(
        "| ratio (goal: 1.20 at p95) | {:.2} | {:.2} |",
        busy.0 / quiet.0,
        busy.1 / quiet.1
    );
}

async fn one_pack(app: &TestApp, token: &str, files: &[(String, Vec<u8>)], number: usize) -> f64 {
    let pack = files.iter().cycle().skip(number * 20).take(20).enumerate().fold(
        PackBuilder::new(&format!("Honest {number}")),
        |pack, (index, (_, bytes))| {
            // Every pack has bytes of its own.
            let mut bytes = bytes.clone();
            bytes.extend_from_slice(format!("<!-- {number} -->").as_bytes());
            pack.file(&format!("icons/{index}.svg"), bytes)
        },
    );
    let pack = pack.build();
    let started = Instant::now();
    let trace = app.upload_and_settle(token, &pack).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    started.elapsed().as_secs_f64()
}

fn bomb_pack(flood: usize) -> Vec<u8> {
    bombs::all()
        .into_iter()
        .enumerate()
        .filter(|(_, (_, extension, _))| *extension == "svg")
        .fold(
            PackBuilder::new(&format!("Bombs {flood}")).stored(),
            |pack, (index, (_, _, bytes))| pack.file(&format!("icons/{index}.svg"), bytes),
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
