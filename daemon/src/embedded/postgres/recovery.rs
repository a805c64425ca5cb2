//! Clears what a killed daemon or a killed server left behind, so that the next start finds the data directory free.
//!
//! PostgreSQL refuses to start over a pid file that names a living process of the same user (which may be anybody's by now),
//! over an empty one, and as long as any process of the former server is there. All of these work in the data directory.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::PidFile;
use crate::embedded::leftovers;
use crate::embedded::server_dir::remove_if_there;

const STEPS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// The processes of a server that runs in this data directory.
pub fn processes_in(data: &Path) -> Vec<Pid> {
    leftovers::processes_in(data, "postgres")
}

/// Stops the server that is left in `data`, if any, and removes its pid file. The caller holds the lock of the folder, so no
/// server in there belongs to a living daemon.
pub async fn clear(data: &Path) -> anyhow::Result<()> {
    for (signal, patience) in STEPS {
        let left = processes_in(data);
        if left.is_empty() {
            break;
        }
        // Without a postmaster, nobody can be asked for a shutdown.
        if signal == Signal::SIGINT && postmaster_of(data, &left).is_none() {
            continue;
        }
        tracing::warn!(processes = left.len(), %signal, "stopping the database server a former daemon left behind");
        leftovers::send(signal, &addressees(signal, left, data))?;
        leftovers::wait_until_gone(data, "postgres", patience).await;
    }
    if let Some(pid) = processes_in(data).first() {
        bail!(
            "process {pid} still uses {} and cannot be stopped: stop it by hand",
            data.display()
        );
    }
    remove_if_there(&data.join("postmaster.pid"))
        .with_context(|| format!("removing the stale pid file in {}", data.display()))
}

/// A shutdown is asked of the postmaster; where that is gone there is nobody to ask, and its children are told to quit.
fn addressees(signal: Signal, left: Vec<Pid>, data: &Path) -> Vec<Pid> {
    match postmaster_of(data, &left) {
        Some(pid) if signal != Signal::SIGKILL => vec![pid],
        _ => left,
    }
}

fn postmaster_of(data: &Path, left: &[Pid]) -> Option<Pid> {
    let pid = PidFile::read(data).map(|file| file.pid);
    pid.filter(|pid| left.contains(pid))
}
