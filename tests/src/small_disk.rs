//! A file system that is soon full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of 2 MiB, gone when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it over the folder of an object store. `None`, with a word about it: this user may not.
    pub fn mount(at: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(at);
        let mounted = mount.output().ok()?.status.success();
        if !mounted {
            println!("skipped: a small file system can not be mounted here");
            return None;
        }
        for folder in ["tmp", "uploads", "quarantine"] {
            std::fs::create_dir_all(at.join(folder)).expect("the new file system has room");
        }
        Some(Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon may have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
