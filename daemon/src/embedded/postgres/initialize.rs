//! Makes a new data directory, or recognises the one that is there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::Signal;
use tokio::time::timeout;

use super::SUPERUSER;
use super::binaries::Binaries;
use crate::embedded::account::Account;
use crate::embedded::child::{Child, Launch, StopSteps};
use crate::embedded::server_dir::ServerDir;

/// A data directory gets its name when it is complete: this one is not, and may be thrown away.
const UNFINISHED: &str = "data.new";
const WITHIN: Duration = Duration::from_secs(120);
const STOP: StopSteps = &[
    (Signal::SIGTERM, Duration::from_secs(2)),
    (Signal::SIGKILL, Duration::from_secs(2)),
];

/// The version of the data directory, `None` when there is none yet. Fails for a folder that is no data directory, and for one
/// of another user: PostgreSQL would refuse it in other words.
pub fn existing_major(data: &Path, account: &Account) -> anyhow::Result<Option<u32>> {
    // A folder that has nothing in it is as good as none.
    match fs::remove_dir(data) {
        Ok(()) => return Ok(None),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) => {}
    }
    let owner = fs::metadata(data)?.uid();
    if owner != account.uid().as_raw() {
        bail!(
            "{} belongs to uid {owner}, the database server would run as uid {}",
            data.display(),
            account.uid()
        );
    }
    let version = fs::read_to_string(data.join("PG_VERSION")).unwrap_or_default();
    let is_complete = data.join("global/pg_control").exists();
    match version.trim().parse() {
        Ok(major) if is_complete => Ok(Some(major)),
        _ => bail!(
            "{} is not a complete PostgreSQL data directory: move it away or restore it from a backup",
            data.display()
        ),
    }
}

/// Runs `initdb` into a temporary folder and gives it its name when it is done.
pub async fn run(dir: &Arc<ServerDir>, binaries: &Binaries, account: &Account) -> anyhow::Result<()> {
    let fresh = dir.inside(UNFINISHED);
    match fs::remove_dir_all(&fresh) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
            return Err(fault).with_context(|| format!("removing the unfinished {}", fresh.display()));
        }
        _ => {}
    }
    dir.folder(UNFINISHED, account)?;
    let child = Child::start(launch(dir, binaries, account)).await?;
    let Ok(status) = timeout(WITHIN, child.wait()).await else {
        child.stop().await;
        bail!("initdb did not end within {} s", WITHIN.as_secs());
    };
    if !status.success() {
        bail!("initdb failed ({status}):\n{}", child.tail().text().await);
    }
    let data = dir.inside("data");
    fs::rename(&fresh, &data).with_context(|| format!("making {}", data.display()))?;
    File::open(dir.inside("."))?
        .sync_all()
        .context("writing the folder of the cluster to disk")
}

fn launch(dir: &Arc<ServerDir>, binaries: &Binaries, account: &Account) -> Launch {
    let mut arguments = vec!["-D".into(), dir.by_descriptor(UNFINISHED).into()];
    arguments.extend(
        [
            "--auth=trust",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
        ]
        .map(Into::into),
    );
    arguments.push(format!("--username={SUPERUSER}").into());
    arguments.extend(locale(binaries.major).iter().map(Into::into));
    Launch {
        name: "initdb",
        program: binaries.initdb(),
        arguments,
        account: account.clone(),
        dir: Arc::clone(dir),
        folder: None,
        log: "initdb.log",
        when_orphaned: Signal::SIGKILL,
        stop_steps: STOP,
    }
}

/// By code point, the same on every machine: an update of the C library never breaks an index.
fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        return &["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"];
    }
    &["--locale=C.UTF-8"]
}
