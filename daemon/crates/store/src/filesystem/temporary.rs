//! Files that are renamed into place once they are whole.

use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;
use uuid::Uuid;

/// A file under `tmp`. It is deleted when this is dropped before it was renamed.
pub(super) struct Temporary(Option<PathBuf>);

impl Temporary {
    /// Chooses a name; makes no file.
    pub(super) fn new(root: &Path) -> Self {
        Self(Some(root.join("tmp").join(Uuid::new_v4().simple().to_string())))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.as_deref().expect("it is taken only by methods that consume it")
    }

    /// Renames the file into place. Returns the directories to sync.
    pub(super) fn rename(mut self, to: &Path) -> io::Result<Vec<PathBuf>> {
        let directories = move_file(self.path(), to)?;
        self.0 = None;
        Ok(directories)
    }

    /// Deletes the file, if it was made.
    pub(super) async fn delete(mut self) {
        if let Some(path) = self.0.take() {
            let _ = tokio::fs::remove_file(path).await;
        }
    }
}

impl Drop for Temporary {
    /// The runtime's threads do not wait for the disk.
    fn drop(&mut self) {
        let Some(path) = self.0.take() else { return };
        let delete = move || drop(std::fs::remove_file(path));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(delete)),
            Err(_) => delete(),
        }
    }
}

/// Renames a file and makes the directories above it. Returns the directories to sync.
pub(super) fn move_file(from: &Path, to: &Path) -> io::Result<Vec<PathBuf>> {
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
pub(super) fn sync_directories(directories: impl IntoIterator<Item = PathBuf>) -> io::Result<()> {
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
