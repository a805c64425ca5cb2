//! Files that are renamed into place once they are whole.

use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;
use uuid::Uuid;

use crate::disk::Disk;

/// A file under `tmp`. It is deleted when this is dropped before it was renamed.
pub(crate) struct Temporary {
    /// `None`: renamed or deleted.
    path: Option<PathBuf>,
    disk: Disk,
}

impl Temporary {
    /// Chooses a name; makes no file.
    pub(crate) fn new(root: &Path, disk: &Disk) -> Self {
        Self {
            path: Some(root.join("tmp").join(Uuid::new_v4().simple().to_string())),
            disk: disk.clone(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.path
            .as_deref()
            .expect("it is taken only by methods that consume it")
    }

    /// Renames the file into place. Returns the directories to sync.
    pub(crate) fn rename(mut self, to: &Path) -> io::Result<Vec<PathBuf>> {
        let directories = move_file(self.path(), to)?;
        self.path = None;
        Ok(directories)
    }

    /// Deletes the file, if it was made.
    pub(crate) fn delete(mut self) {
        if let Some(path) = self.path.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Temporary {
    /// The runtime's threads do not wait for the disk. Where it hangs, the file stays until the next start.
    fn drop(&mut self) {
        if let (Some(path), Some(place), Ok(runtime)) = (self.path.take(), self.disk.place(), Handle::try_current()) {
            runtime.spawn_blocking(move || {
                let _ = std::fs::remove_file(path);
                drop(place);
            });
        }
    }
}

/// Renames a file and makes the directories above it. Returns the directories to sync.
pub(crate) fn move_file(from: &Path, to: &Path) -> io::Result<Vec<PathBuf>> {
    let parent = parent_of(to);
    let mut changed = Vec::new();
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_directory(parent, &mut changed)?;
            std::fs::rename(from, to)?;
        }
        other => other?,
    }
    changed.push(parent.to_owned());
    Ok(changed)
}

/// Syncs directories, so that the names in them survive a power failure.
pub(crate) fn sync_directories(directories: impl IntoIterator<Item = PathBuf>) -> io::Result<()> {
    directories
        .into_iter()
        .try_for_each(|path| std::fs::File::open(path)?.sync_all())
}

fn create_directory(path: &Path, changed: &mut Vec<PathBuf>) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_directory(parent_of(path), changed)?;
            match std::fs::create_dir(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        other => other?,
    }
    changed.push(parent_of(path).to_owned());
    Ok(())
}

fn parent_of(path: &Path) -> &Path {
    path.parent().expect("the path of an object has a parent")
}
