//! Bytes a second through the daemon: PUTs of packs on loopback, hashed with SHA-256, written and synced; and the daemon's memory.

mod straight;

use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream;
use sha2::{Digest as _, Sha256};
use tradepost_tests::{Options as Daemon, TestApp};

const PIECE_BYTES: usize = 1 << 20;

#[derive(clap::Args)]
pub struct Options {
    /// Size of each pack, up to limits.pack_mib.
    #[arg(long, default_value_t = 512)]
    mib: usize,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Folder of the state directory; /dev/shm shows the daemon's part without the disk.
    #[arg(long, env = "TMPDIR", default_value = "/tmp")]
    folder: PathBuf,
    /// Uploads straight to S3 instead (ministack, make/sqs): the daemon's CPU time for each start and each completion.
    #[arg(long)]
    straight: bool,
    /// Uploads of each round of --straight.
    #[arg(long, default_value_t = 500)]
    uploads: usize,
}

pub async fn run(options: &Options) -> anyhow::Result<()> {
    if options.straight {
        return straight::run(options.rounds, options.uploads).await;
    }
    let app = TestApp::start_in(
        &options.folder,
        Daemon::default().set("LIMITS__ACCOUNT_UNPUBLISHED_MIB", 1_048_576),
    );
    let token = app.trusted("ann");
    let piece = Bytes::from((0..PIECE_BYTES).map(|at| (at * 31 % 251) as u8).collect::<Vec<_>>());
    let mut hasher = Sha256::new();
    let hashing = Instant::now();
    (0..options.mib).for_each(|_| hasher.update(&piece));
    println!("SHA-256 alone, one core: {:.0} MB/s", rate(options.mib, hashing));
    let sha256 = hex::encode(hasher.finalize());
    println!(
        "| round | MB/s | MB for each second of the daemon's CPU time | its resident memory, MiB (most so far) |\n|---|---|---|---|"
    );
    for round in 1..=options.rounds {
        let started = app.announce(&token, options.mib * PIECE_BYTES, &sha256).await;
        let piece = piece.clone();
        let pieces = (0..options.mib).map(move |_| Ok::<_, std::io::Error>(piece.clone()));
        let put = app.http.put(started["put"]["url"].as_str().unwrap());
        let put = put
            .header("content-type", "application/zip")
            .header("content-length", options.mib * PIECE_BYTES)
            .body(reqwest::Body::wrap_stream(stream::iter(pieces)));
        let (clock, cpu) = (Instant::now(), cpu_seconds(app.pid())?);
        let answer = put.send().await?;
        let rate = rate(options.mib, clock);
        let cpu = (options.mib * PIECE_BYTES) as f64 / 1e6 / (cpu_seconds(app.pid())? - cpu);
        anyhow::ensure!(answer.status().is_success(), "{}", answer.text().await?);
        println!(
            "| {round} | {rate:.0} | {cpu:.0} | {} ({}) |",
            memory(app.pid(), "VmRSS")?,
            memory(app.pid(), "VmHWM")?
        );
    }
    Ok(())
}

fn rate(mib: usize, since: Instant) -> f64 {
    (mib * PIECE_BYTES) as f64 / 1e6 / since.elapsed().as_secs_f64()
}

/// A figure of `/proc/PID/status` in MiB.
pub fn memory(pid: i32, name: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_default();
    let kib = line.split_whitespace().find_map(|word| word.parse::<u64>().ok());
    Ok(kib.unwrap_or_default() / 1_024)
}

/// Processor time of a process so far.
fn cpu_seconds(pid: i32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    // The kernel counts in hundredths for everybody.
    Ok(ticks as f64 / 100.0)
}
