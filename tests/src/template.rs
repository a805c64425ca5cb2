//! A cluster that `initdb` and the migrations have run on, made once for each build of the daemon and copied for each test.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies the cluster into a new state directory. The daemon then starts on it as on one of its own.
///
/// # Panics
/// The cluster cannot be made or copied.
pub fn copy_cluster(state: &Path) {
    let template = template();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state)
        .expect("the state directory can be made");
    // Owners are kept: the cluster of a daemon that runs as root belongs to another user.
    let copied = Command::new("cp").arg("-a").arg(template).arg(state).status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "the template of the cluster can be copied"
    );
}

/// The folder `postgres` of a stopped cluster that has every migration of the built daemon.
fn template() -> PathBuf {
    let program = crate::program("tradepostd");
    let built = program.metadata().expect("tradepostd is built");
    let folder = program.with_file_name("test-cluster");
    let state = folder.join(format!("{}-{}", built.mtime(), built.size()));
    let cluster = state.join("postgres");
    std::fs::create_dir_all(&folder).expect("a folder beside the programs can be made");
    let lock = File::create(folder.join("lock")).expect("a lock file can be made");
    lock.lock().expect("the lock can be waited for");
    let is_ready = state.join("ready");
    if !is_ready.exists() {
        remove_templates(&folder);
        let made = crate::command("tradepostd")
            .args(["migrate", "--state"])
            .arg(&state)
            .output()
            .expect("tradepostd runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        File::create(is_ready).expect("a file can be made");
    }
    cluster
}

/// Deletes what former builds left, and what was not finished.
fn remove_templates(folder: &Path) {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            std::fs::remove_dir_all(&path).expect("an old template can be deleted");
        }
    }
}
