//! `make bench`: measures what docs/BENCHMARKS.md reports and prints it as a table.
//!
//! Medians of several runs, each run with a daemon and a state directory of its own. Nothing is asserted: a figure is a figure.

mod costs;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use costs::Costs;
use serde_json::Value;
use tradepost_tests::{TestApp, command, program};

use crate::previews::peers;

const ICONS: &str = "tests/packs/node_modules/lucide-static/icons";
/// Runs of which the medians are printed.
const RUNS: usize = 5;
/// Seconds the seed of this project needed for a pack: under a minute, and a blind wait of 120 s before its preview.
const SEED_SECONDS: f64 = 180.0;

/// The ways in which the seed draws the files of a pack: its tool starts two programs for each picture, its worker calls sharp.
const SEEDS_WAYS: [&str; 2] = ["rsvg-convert + cwebp", "sharp, a pipeline an output"];

#[derive(Debug, clap::Args)]
pub struct Options {
    /// The folder of `bench previews` with the other programs: they draw the same files beside ours.
    #[arg(long)]
    peers: Option<PathBuf>,
}

pub async fn run(options: &Options) {
    assert!(
        Path::new(ICONS).exists(),
        "the icon sets are not installed: run make packs"
    );
    // ext4 takes long to make a file while it remembers many that were just deleted: nothing is, until the end.
    let mut ended = Vec::new();
    let what = "100-file icon pack, `complete` to published, preview included";
    let peers = options.peers.as_deref();
    pack(what, 100, 0.6, peers, &mut ended).await;
    pack("2,000-file icon pack, likewise", 2_000, 6.0, None, &mut ended).await;
    println!("| what | measured | goal |\n|---|---|---|");
    resting().await;
}

/// Runs packs through fresh daemons, and the same files through the peers in turns with them, and prints the medians.
async fn pack(what: &str, files: usize, goal_seconds: f64, peers: Option<&Path>, ended: &mut Vec<TestApp>) {
    let (mut seconds, mut costs, mut of_peers) = (Vec::new(), Vec::new(), SEEDS_WAYS.map(|_| Vec::new()));
    for _ in 0..RUNS {
        if let Some(cache) = peers {
            for (name, seconds) in SEEDS_WAYS.iter().zip(&mut of_peers) {
                seconds.push(draw(name, files, cache));
            }
        }
        let mut app = TestApp::start();
        let token = app.trusted("bench");
        let pack = sample(files);
        let before = Costs::read(&app).await;
        let trace = app.upload_and_settle(&token, &pack).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        seconds.push(pipeline_seconds(&trace));
        costs.push(Costs::read(&app).await.of_a_file(before, files));
        app.stop();
        ended.push(app);
    }
    let seconds = median(&mut seconds);
    let mut cpu: Vec<_> = costs.iter().map(|costs| costs.milliseconds()).collect();
    println!("| what | measured | goal |\n|---|---|---|");
    println!(
        "| {what} | {seconds:.2} s, {:.0} files/s, {:.1} ms of CPU a file in all processes; {:.0} times quicker than the seed's minute and wait | {goal_seconds} s, 5 ms |",
        files as f64 / seconds,
        median(&mut cpu),
        SEED_SECONDS / seconds
    );
    costs::print(&format!("Where it goes with {files} files"), &costs);
    if peers.is_some() {
        println!("| way | packs of {files} a minute | ours against it |\n|---|---|---|");
        println!("| the whole way of ours | {:.1} | 1 |", 60.0 / seconds);
        for (name, mut peer) in SEEDS_WAYS.iter().zip(of_peers) {
            let peer = median(&mut peer);
            println!("| only drawing, {name} | {:.1} | {:.0} |", 60.0 / peer, peer / seconds);
        }
        println!();
    }
}

/// Seconds in which another program draws the files of the pack, on all cores.
fn draw(name: &str, files: usize, cache: &Path) -> f64 {
    let mut icons: Vec<_> = std::fs::read_dir(ICONS)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "svg"))
        .collect();
    icons.sort();
    icons.truncate(files);
    let out = tempfile::tempdir_in("/dev/shm").unwrap();
    peers::seconds_on_all_cores(name, &icons, cache, out.path())
}

fn sample(files: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("pack.zip");
    let limit = files.to_string();
    let arguments = [
        "sample",
        "pack",
        ICONS,
        "--family",
        "Bench",
        "--set",
        "Bench",
        "--licence",
        "ISC",
        "--limit",
        &limit,
        "--out",
    ];
    let output = command("tradepostd").args(arguments).arg(&out).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::read(out).unwrap()
}

/// From `complete` (the upload enters `scan`) to the end of its last stage.
fn pipeline_seconds(trace: &Value) -> f64 {
    let stages = trace["stages"].as_array().unwrap();
    stages
        .iter()
        .filter(|stage| stage["stage"] != "receive")
        .map(|stage| stage["seconds"].as_f64().unwrap())
        .sum()
}

/// Memory and CPU of an idle daemon and terminal.
async fn resting() {
    let app = TestApp::start();
    let token = app.trusted("bench");
    app.upload_and_settle(&token, &sample(200)).await;
    let mut attach: Vec<f64> = (0..9).map(|_| attach_ms(&app)).collect();
    println!(
        "| terminal: start to the first screen with data | {:.0} ms | 150 ms |",
        median(&mut attach)
    );
    // The jail lets its children go, the pool its connections.
    tokio::time::sleep(Duration::from_secs(75)).await;
    let daemon = [app.pid()];
    let (cores, resident) = (cores(&daemon).await, resident_mib(&daemon));
    println!(
        "| daemon idle, without PostgreSQL and clamd | {resident:.0} MiB resident, {:.2} % of a core | 80 MB, 1 % |",
        cores * 100.0
    );
    let tmux = Tmux::start(&app);
    // The first data and the pictures are behind it by then.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let terminal = tmux.terminal();
    let cores_terminal = self::cores(&terminal).await;
    println!(
        "| terminal idle on the Overview | {:.0} MiB resident, {:.2} % of a core | 40 MB, 0.5 % |",
        resident_mib(&terminal),
        cores_terminal * 100.0
    );
    let with_terminal = self::cores(&daemon).await;
    println!(
        "| daemon idle with one terminal attached | {:.2} % of a core | 1 % |",
        with_terminal * 100.0
    );
}

fn attach_ms(app: &TestApp) -> f64 {
    let output = app.tradepost(&["--time-attach"]);
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// A terminal under tmux; ended when dropped.
struct Tmux(String);

impl Tmux {
    fn start(app: &TestApp) -> Self {
        let name = format!("tradepost-bench-{}", std::process::id());
        let terminal = format!("{} --socket {}", program("tradepost").display(), app.socket().display());
        let status = Command::new("tmux")
            .args([
                "-L",
                &name,
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                "160",
                "-y",
                "48",
                &terminal,
            ])
            .status();
        assert!(status.unwrap().success());
        Self(name)
    }

    /// The process ids of the terminal.
    fn terminal(&self) -> Vec<i32> {
        let output = Command::new("tmux")
            .args(["-L", &self.0, "list-panes", "-F", "#{pane_pid}"])
            .output()
            .unwrap();
        let pane: i32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        // tmux runs the command through a shell, which may have replaced itself.
        processes()
            .into_iter()
            .filter(|(pid, parent)| *pid == pane || *parent == pane)
            .map(|(pid, _)| pid)
            .collect()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = Command::new("tmux").args(["-L", &self.0, "kill-server"]).status();
    }
}

/// Cores used by these processes over 20 s.
async fn cores(pids: &[i32]) -> f64 {
    let used = || pids.iter().filter_map(|pid| ticks(*pid)).sum::<f64>();
    let before = used();
    tokio::time::sleep(Duration::from_secs(20)).await;
    (used() - before) / 100.0 / 20.0
}

fn resident_mib(pids: &[i32]) -> f64 {
    let pages = |pid: &i32| {
        std::fs::read_to_string(format!("/proc/{pid}/statm"))
            .ok()?
            .split(' ')
            .nth(1)?
            .parse::<f64>()
            .ok()
    };
    pids.iter().filter_map(pages).sum::<f64>() * 4096.0 / 1024.0 / 1024.0
}

/// Every process and its parent.
pub fn processes() -> Vec<(i32, i32)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| Some((pid, fields(pid)?[1].parse().ok()?)))
        .collect()
}

/// Clock ticks that a process and its children that ended have used.
pub fn ticks(pid: i32) -> Option<f64> {
    Some(
        fields(pid)?[11..15]
            .iter()
            .filter_map(|field| field.parse::<f64>().ok())
            .sum(),
    )
}

/// The fields of `/proc/<pid>/stat` after the name of the program.
fn fields(pid: i32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/stat"))).ok()?;
    Some(stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
