//! The store as files.
//!
//! ```text
//! uploads/<object>/<version>      versioned objects; the version is random
//! quarantine/<object>/<version>   versions that are kept as evidence and never served
//! <area>/ab/<sha256>[.webp]       content-addressed objects
//! tmp/                            being written; emptied at start
//! ```
//! Files are written under `tmp`, synced, renamed into place, and then their directories are synced. Many at once share two syncs of the whole
//! file system (`syncfs`), which cost less than a sync of each. There are 256 directories an area: making and syncing directories costs more
//! than a long directory does.

mod list;
mod walk;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use bytes::Bytes;
use uuid::Uuid;

use crate::disk::Disk;
use crate::temporary::{Temporary, move_file, sync_directories};
use crate::{Area, ContentKey, Retention, VersionKey};
pub(crate) use walk::FileWalk;
use walk::delete_files_before;

/// From so many objects on, the file system is synced instead of each file.
const SHARED_SYNC: usize = 16;

/// Objects in one directory.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
    disk: Disk,
}

impl Files {
    pub(crate) fn open(root: &Path, disk: &Disk) -> anyhow::Result<Self> {
        for folder in [root.join("uploads"), root.join("quarantine")] {
            make_directory(&folder)?;
        }
        Ok(Self {
            root: root.to_owned(),
            disk: disk.clone(),
        })
    }

    /// Makes a temporary file a new version.
    pub(crate) async fn put_version(&self, object_id: Uuid, temporary: Temporary) -> io::Result<VersionKey> {
        let key = VersionKey {
            object_id,
            version: Uuid::new_v4().simple().to_string(),
        };
        let path = self.version_path("uploads", &key);
        self.disk
            .call(move || temporary.rename(&path).and_then(sync_directories))
            .await?;
        Ok(key)
    }

    pub(crate) async fn open_version(&self, key: &VersionKey) -> io::Result<std::fs::File> {
        let (path, quarantined) = (self.version_path("uploads", key), self.version_path("quarantine", key));
        self.disk
            .call(move || match std::fs::File::open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::File::open(quarantined),
                other => other,
            })
            .await
    }

    pub(crate) async fn quarantine_version(&self, key: &VersionKey) -> io::Result<()> {
        let (from, to) = (self.version_path("uploads", key), self.version_path("quarantine", key));
        self.disk
            .call(move || match move_file(&from, &to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && to.try_exists()? => Ok(()),
                other => other.and_then(sync_directories),
            })
            .await
    }

    pub(crate) async fn delete_version(&self, key: &VersionKey) -> io::Result<()> {
        let path = self.version_path("uploads", key);
        self.disk.call(move || unless_missing(std::fs::remove_file(path))).await
    }

    pub(crate) async fn delete_versions(&self, object_id: Uuid) -> io::Result<()> {
        let folder = self.root.join("uploads").join(object_id.to_string());
        self.disk
            .call(move || unless_missing(std::fs::remove_dir_all(folder)))
            .await
    }

    pub(crate) async fn versions_before(&self, before: SystemTime) -> io::Result<FileWalk> {
        let (disk, folder) = (self.disk.clone(), self.root.join("uploads"));
        self.disk.call(move || FileWalk::start(disk, &folder, before)).await
    }

    pub(crate) async fn put_content(&self, objects: Vec<(ContentKey, Bytes)>) -> io::Result<()> {
        let files = self.clone();
        self.disk
            .call(move || {
                if objects.len() >= SHARED_SYNC {
                    return files.write_together(&objects);
                }
                let mut directories = BTreeSet::new();
                for (key, bytes) in &objects {
                    directories.extend(files.write_content(key, bytes)?);
                }
                sync_directories(directories)
            })
            .await
    }

    pub(crate) async fn read_contents(&self, keys: &[ContentKey]) -> io::Result<Vec<Bytes>> {
        let paths: Vec<_> = keys.iter().map(|key| self.content_path(key)).collect();
        let read = move || paths.iter().map(|path| std::fs::read(path).map(Bytes::from)).collect();
        self.disk.call(read).await
    }

    pub(crate) async fn read_content(&self, key: &ContentKey) -> io::Result<Bytes> {
        let path = self.content_path(key);
        Ok(self.disk.call(move || std::fs::read(path)).await?.into())
    }

    pub(crate) async fn open_content(&self, key: &ContentKey) -> io::Result<std::fs::File> {
        let path = self.content_path(key);
        self.disk.read(move || std::fs::File::open(path)).await
    }

    pub(crate) async fn delete_content(&self, keys: &[ContentKey]) -> io::Result<()> {
        let paths: Vec<_> = keys.iter().map(|key| self.content_path(key)).collect();
        let delete = move || {
            paths
                .into_iter()
                .try_for_each(|path| unless_missing(std::fs::remove_file(path)))
        };
        self.disk.call(delete).await
    }

    pub(crate) async fn delete_content_before(&self, area: Area, before: SystemTime) -> io::Result<u64> {
        let folder = self.root.join(area.prefix);
        self.disk.call(move || delete_files_before(&folder, before)).await
    }

    /// Writes all, syncs the file system, renames all, and syncs the names.
    fn write_together(&self, objects: &[(ContentKey, Bytes)]) -> io::Result<()> {
        let root = std::fs::File::open(&self.root)?;
        let mut written = Vec::with_capacity(objects.len());
        for (key, bytes) in objects {
            let path = self.content_path(key);
            if !is_stored(&path, key, bytes)? {
                written.push((self.write_temporary(bytes)?.0, path));
            }
        }
        nix::unistd::syncfs(&root)?;
        for (temporary, path) in written {
            temporary.rename(&path)?;
        }
        Ok(nix::unistd::syncfs(&root)?)
    }

    /// Returns the directories to sync. Another writer of the same object may not have synced them yet.
    fn write_content(&self, key: &ContentKey, bytes: &[u8]) -> io::Result<Vec<PathBuf>> {
        let path = self.content_path(key);
        if is_stored(&path, key, bytes)? {
            return Ok(path.parent().map(Path::to_owned).into_iter().collect());
        }
        let (temporary, file) = self.write_temporary(bytes)?;
        file.sync_data()?;
        temporary.rename(&path)
    }

    fn write_temporary(&self, bytes: &[u8]) -> io::Result<(Temporary, std::fs::File)> {
        let temporary = Temporary::new(&self.root, &self.disk);
        let mut file = std::fs::File::create_new(temporary.path())?;
        file.write_all(bytes)?;
        Ok((temporary, file))
    }

    fn version_path(&self, folder: &str, key: &VersionKey) -> PathBuf {
        let object = key.object_id.to_string();
        [Path::new(folder), Path::new(&object), Path::new(&key.version)]
            .iter()
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    fn content_path(&self, key: &ContentKey) -> PathBuf {
        let name = key.name();
        self.root.join(key.area.prefix).join(&name[..2]).join(&name)
    }
}

/// Makes a directory that only its owner can read, and those above it.
pub(crate) fn make_directory(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("making {}", path.display()))
}

/// True when the object is there already; its time of the last put is renewed where that counts.
fn is_stored(path: &Path, key: &ContentKey, bytes: &[u8]) -> io::Result<bool> {
    let is_there = path.metadata().is_ok_and(|stored| stored.len() == bytes.len() as u64);
    if is_there && matches!(key.area.retention, Retention::SinceLastPut { .. }) {
        std::fs::File::open(path)?.set_modified(SystemTime::now())?;
    }
    Ok(is_there)
}

/// It is no fault to delete what is not there.
fn unless_missing(deleted: io::Result<()>) -> io::Result<()> {
    match deleted {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
