//! The private cluster: what a killed daemon, a killed server or an interrupted start leaves behind.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::ConnectOptions as _;
use tempfile::TempDir;
use tokio::time::timeout;
use tradepostd::embedded::postgres::{Binaries, Cluster, find_running};

use crate::postgres::{refusal, spec, start, start_with_a_row, starts_with_the_row};
use crate::support::{Victim, await_death, eventually, nothing_left, processes_below, victim_folder};

fn pid_of(cluster: &Cluster) -> anyhow::Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(cluster.pid())?))
}

#[tokio::test]
async fn a_killed_postmaster_ends_the_wait_and_is_recovered() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let cluster = start_with_a_row(folder.path()).await?;
    // A session that is busy keeps its process, and with it the shared memory, for a while.
    let mut busy = cluster.options("postgres").connect().await?;
    let session = tokio::spawn(async move { sqlx::raw_sql("select pg_sleep(30)").execute(&mut busy).await.map(drop) });
    kill(pid_of(&cluster)?, Signal::SIGKILL)?;
    timeout(Duration::from_secs(5), cluster.wait())
        .await
        .context("the end of the server")?;
    drop(cluster);
    starts_with_the_row(folder.path()).await?;
    assert!(session.await?.is_err());
    Ok(())
}

#[tokio::test]
async fn stale_pid_files_do_not_block_a_start() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    start_with_a_row(folder.path()).await?.stop().await;
    let data = folder.path().join("data");
    let owner = fs::metadata(&data)?;
    // A stranger of the same user, which PostgreSQL by itself takes for the former server.
    let mut stranger = Command::new("sleep");
    if nix::unistd::geteuid().is_root() {
        stranger.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = stranger.arg("60").stdout(Stdio::null()).spawn()?;
    for text in [
        String::new(),
        "none\n".to_owned(),
        "4194303\n/data\n".to_owned(),
        format!("{}\n/data\n", stranger.id()),
    ] {
        fs::write(data.join("postmaster.pid"), &text)?;
        assert!(find_running(folder.path()).is_none(), "{text:?}");
        starts_with_the_row(folder.path())
            .await
            .with_context(|| format!("{text:?}"))?;
    }
    ensure!(stranger.try_wait()?.is_none(), "the stranger was stopped");
    stranger.kill()?;
    stranger.wait()?;
    Ok(())
}

#[tokio::test]
#[ignore = "the daemon that another test kills"]
async fn a_daemon_with_a_cluster() -> anyhow::Result<()> {
    let Some(folder) = victim_folder() else { return Ok(()) };
    let _cluster = start_with_a_row(&folder).await?;
    await_death().await;
    Ok(())
}

#[tokio::test]
async fn a_killed_daemon_takes_its_cluster_with_it() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let victim = Victim::start("recovery::a_daemon_with_a_cluster", folder.path())?;
    assert!(!processes_below(folder.path()).is_empty());
    victim.kill()?;
    nothing_left(folder.path()).await?;
    starts_with_the_row(folder.path()).await
}

#[tokio::test]
async fn a_daemon_starts_while_the_cluster_of_a_killed_one_ends() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    Victim::start("recovery::a_daemon_with_a_cluster", folder.path())?.kill()?;
    starts_with_the_row(folder.path()).await
}

#[tokio::test]
async fn an_orphan_that_was_not_told_is_stopped() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    start_with_a_row(folder.path()).await?.stop().await;
    let mut orphan = start_by_hand(folder.path())?;
    let data = folder.path().join("data");
    eventually("the orphan runs", || !processes_below(&data).is_empty()).await?;
    let reaper = thread::spawn(move || orphan.wait());
    starts_with_the_row(folder.path()).await?;
    assert!(reaper.join().is_ok_and(|status| status.is_ok()));
    Ok(())
}

/// A server that nobody signals when its parent dies, over a copy of the folder's way in.
fn start_by_hand(folder: &Path) -> anyhow::Result<std::process::Child> {
    let binaries = Binaries::find(None, None)?;
    let owner = fs::metadata(folder.join("data"))?;
    // Without the descriptor, the folder itself must be open.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711))?;
    let mut command = Command::new(binaries.postgres());
    command
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder.join("socket"))
        .args(["-c", "listen_addresses="]);
    if nix::unistd::geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    Ok(command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

#[tokio::test]
async fn an_interrupted_initdb_is_made_again() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let unfinished = folder.path().join("data.new");
    fs::create_dir_all(unfinished.join("base"))?;
    fs::write(unfinished.join("PG_VERSION"), "15\n")?;
    start_with_a_row(folder.path()).await?.stop().await;
    assert!(!unfinished.exists());
    starts_with_the_row(folder.path()).await
}

#[tokio::test]
async fn a_folder_that_is_no_complete_cluster_is_left_alone() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let data = folder.path().join("data");
    fs::create_dir(&data)?;
    fs::write(data.join("precious"), "")?;
    if let Some(user) = nix::unistd::User::from_name("nobody")?.filter(|_| nix::unistd::geteuid().is_root()) {
        std::os::unix::fs::chown(&data, Some(user.uid.as_raw()), None)?;
    }
    let message = refusal(spec(folder.path())).await?;
    assert!(
        message.contains("not a complete PostgreSQL data directory"),
        "{message}"
    );
    assert!(data.join("precious").exists());
    Ok(())
}

#[tokio::test]
async fn a_cancelled_start_leaves_nothing() -> anyhow::Result<()> {
    for cancel_after_ms in [5, 60, 300, 600, 900, 1200] {
        let folder = TempDir::new()?;
        let started = timeout(
            Duration::from_millis(cancel_after_ms),
            Cluster::start(spec(folder.path())),
        )
        .await;
        drop(started);
        nothing_left(folder.path()).await?;
        start(folder.path()).await?.stop().await;
    }
    Ok(())
}
