//! Helpers that the tests of the embedded servers share.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::time::{Instant, sleep};

/// Names the folder of the daemon that another test kills.
pub const VICTIM: &str = "TRADEPOST_TEST_VICTIM";

/// Says why a test is not run, where it needs to be root.
pub fn is_root(test: &str) -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        println!("{test}: skipped, it needs root");
    }
    is_root
}

/// The processes that work anywhere below a folder.
pub fn processes_below(folder: &Path) -> Vec<i32> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&folder)))
        .collect()
}

/// Waits until the condition holds.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        ensure!(Instant::now() < deadline, "still waiting until {what}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Waits until nothing works below the folder.
pub async fn nothing_left(folder: &Path) -> anyhow::Result<()> {
    eventually("no process is left", || processes_below(folder).is_empty()).await
}

/// A daemon in a process of its own: this test program, told to run one test that never ends by itself.
pub struct Victim(Child);

impl Victim {
    /// Starts it and waits until its servers answer.
    pub fn start(test: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(VICTIM, folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("the output of the victim")?;
        let victim = Self(process);
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next().transpose()? {
            if line.ends_with("victim is ready") {
                return Ok(victim);
            }
        }
        anyhow::bail!("the victim ended at its start")
    }

    /// `kill -9`
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

/// The folder the victim is to use; `None` when somebody runs the test by hand.
pub fn victim_folder() -> Option<PathBuf> {
    std::env::var_os(VICTIM).map(PathBuf::from)
}

/// Tells the test that started this victim that it is ready, and waits to be killed.
pub async fn await_death() {
    println!("\nvictim is ready");
    std::future::pending::<()>().await;
}
