//! Processes that a killed daemon left behind, found by what the kernel says about them rather than by a pid somebody noted: a
//! pid may long belong to another process.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

/// The processes of `program` whose working directory is `folder`.
pub fn processes_in(folder: &Path, program: &str) -> Vec<Pid> {
    let Ok(folder) = fs::metadata(folder) else {
        return Vec::new();
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw));
    pids.filter(|pid| works_in(*pid, &folder) && runs(*pid, program))
        .collect()
}

fn works_in(pid: Pid, folder: &Metadata) -> bool {
    fs::metadata(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.dev() == folder.dev() && cwd.ino() == folder.ino())
}

/// Somebody's shell may stand in the folder, too. An upgraded program has ` (deleted)` after its name.
fn runs(pid: Pid, program: &str) -> bool {
    let path = fs::read_link(format!("/proc/{pid}/exe"));
    path.is_ok_and(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(program))
    })
}

/// Signals all of them; one that is gone already is no fault.
pub fn send(signal: Signal, pids: &[Pid]) -> anyhow::Result<()> {
    for pid in pids {
        match kill(*pid, signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(fault) => {
                bail!("cannot stop process {pid}, which a former daemon left behind: {fault}")
            }
        }
    }
    Ok(())
}

/// Waits until nothing of `program` is left in the folder, but no longer than `patience`.
pub async fn wait_until_gone(folder: &Path, program: &str, patience: Duration) {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline && !processes_in(folder, program).is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
}
