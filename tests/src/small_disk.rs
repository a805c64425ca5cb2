//! A file system that is soon full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of 2 MiB, gone when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it over a folder. `None`: this user may not.
    pub fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(at);
        let mounted = mount.output().ok()?.status.success();
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon may have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
