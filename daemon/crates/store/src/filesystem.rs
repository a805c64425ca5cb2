//! The store as files.
//!
//! ```text
//! uploads/<object>/<version>      versioned objects; the version is random
//! quarantine/<object>/<version>   versions that are kept as evidence and never served
//! <area>/ab/<sha256>[.webp]       content-addressed objects
//! tmp/                            being written; emptied at start
//! ```
//! Files are written under `tmp`, synced, renamed into place, and then their directories are synced. There are 256
//! directories an area: making and syncing directories costs more than a long directory does.

mod disk;
mod temporary;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Announced, Area, ContentKey, Retention, VersionKey};
use disk::Disk;
use temporary::{Temporary, move_file, sync_directories};
pub use walk::VersionWalk;
use walk::delete_files_before;

/// Buffer between a PUT and its file.
const CHUNK_BYTES: usize = 64 * 1024;
/// A disk that takes this much is not full.
const ROOM_BYTES: usize = 256 * 1024;
/// A PUT that brings nothing for this long has ended: it holds a connection and a file.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// A PUT that is slower than this after the first minute has ended as well.
const SLOWEST_BYTES_A_SECOND: u64 = 8 << 10;
/// A file of the largest size is read on a slow disk within this time.
const EXAMINE_TIMEOUT: Duration = Duration::from_secs(120);
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// Object store in one directory.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    disk: Disk,
}

/// Reason why a PUT was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("more than {announced} bytes came")]
    TooLong { announced: u64 },
    #[error("{received} of {announced} bytes came")]
    TooShort { announced: u64, received: u64 },
    #[error("the connection broke after {received} of {announced} bytes: {reason}")]
    Broken {
        announced: u64,
        received: u64,
        reason: String,
    },
    #[error("other bytes came than the announced ones")]
    Changed { announced: [u8; 32], received: [u8; 32] },
    #[error("only {received} of {announced} bytes came in time")]
    Stalled { announced: u64, received: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Store {
    /// Opens or creates the store, and deletes what was half written when the process last died.
    pub fn open(root: PathBuf) -> anyhow::Result<Self> {
        let tmp = root.join("tmp");
        match std::fs::remove_dir_all(&tmp) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("emptying {}", tmp.display()));
            }
            _ => {}
        }
        for folder in [&tmp, &root.join("uploads"), &root.join("quarantine")] {
            let mut builder = std::fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(Self {
            root,
            disk: Disk::default(),
        })
    }

    /// Says that the process stops: clients who read do not hold it up when the disk hangs.
    pub fn stop(&self) {
        self.disk.stop.cancel();
    }

    /// Streams the bytes of one PUT into a new version of an object. Other versions are not touched.
    ///
    /// # Errors
    /// Other bytes than the announced ones came, or the disk did not take them. Nothing is left behind.
    pub async fn put_version<E: std::fmt::Display>(
        &self,
        object_id: Uuid,
        announced: Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<VersionKey, PutError> {
        let temporary = Temporary::new(&self.root, &self.disk);
        if let Err(error) = write_stream(&self.disk, &temporary, announced, body).await {
            let delete = move || {
                temporary.delete();
                Ok(())
            };
            let _ = self.disk.call(delete).await;
            return Err(error);
        }
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

    /// Opens a version, also when it is in quarantine meanwhile.
    pub async fn open_version(&self, key: &VersionKey) -> io::Result<std::fs::File> {
        let (path, quarantined) = (self.version_path("uploads", key), self.version_path("quarantine", key));
        self.disk
            .call(move || match std::fs::File::open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::File::open(quarantined),
                other => other,
            })
            .await
    }

    /// Moves a version to where nothing is ever served from. Idempotent.
    pub async fn quarantine_version(&self, key: &VersionKey) -> io::Result<()> {
        let (from, to) = (self.version_path("uploads", key), self.version_path("quarantine", key));
        self.disk
            .call(move || match move_file(&from, &to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && to.try_exists()? => Ok(()),
                other => other.and_then(sync_directories),
            })
            .await
    }

    /// Deletes one version. Idempotent; a quarantined one stays.
    pub async fn delete_version(&self, key: &VersionKey) -> io::Result<()> {
        let path = self.version_path("uploads", key);
        self.disk.call(move || unless_missing(std::fs::remove_file(path))).await
    }

    /// Deletes all versions of an object. Idempotent; quarantined ones stay.
    pub async fn delete_versions(&self, object_id: Uuid) -> io::Result<()> {
        let folder = self.root.join("uploads").join(object_id.to_string());
        self.disk
            .call(move || unless_missing(std::fs::remove_dir_all(folder)))
            .await
    }

    /// Walks through the versions that were written before `before`.
    pub async fn versions_before(&self, before: SystemTime) -> io::Result<VersionWalk> {
        let (disk, folder) = (self.disk.clone(), self.root.join("uploads"));
        self.disk.call(move || VersionWalk::start(disk, &folder, before)).await
    }

    /// Stores content-addressed objects.
    ///
    /// # Errors
    /// The disk does not take them. Some may be stored; the call is idempotent.
    pub async fn put_content(&self, objects: Vec<(ContentKey, Bytes)>) -> io::Result<()> {
        let store = self.clone();
        self.disk
            .call(move || {
                let mut directories = BTreeSet::new();
                for (key, bytes) in &objects {
                    directories.extend(store.write_content(key, bytes)?);
                }
                sync_directories(directories)
            })
            .await
    }

    /// Reads a content-addressed object whole.
    pub async fn read_content(&self, key: &ContentKey) -> io::Result<Bytes> {
        let path = self.content_path(key);
        Ok(self.disk.call(move || std::fs::read(path)).await?.into())
    }

    /// Opens a content-addressed object. Returns its size as well.
    pub async fn open_content(&self, key: &ContentKey) -> io::Result<(std::fs::File, u64)> {
        let path = self.content_path(key);
        self.disk
            .read(move || {
                let file = std::fs::File::open(path)?;
                let size_bytes = file.metadata()?.len();
                Ok((file, size_bytes))
            })
            .await
    }

    /// The bytes of a part of an open file.
    pub fn stream(
        &self,
        file: std::fs::File,
        part: Range<u64>,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        self.disk.clone().stream(file, part)
    }

    /// Reads in an open file, which may take longer than other calls.
    ///
    /// # Errors
    /// `TimedOut` when the disk does not answer.
    pub async fn examine<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.disk.call_within(EXAMINE_TIMEOUT, call).await
    }

    /// Deletes a content-addressed object. Idempotent.
    pub async fn delete_content(&self, key: &ContentKey) -> io::Result<()> {
        let path = self.content_path(key);
        self.disk.call(move || unless_missing(std::fs::remove_file(path))).await
    }

    /// Deletes the objects of an area that were last put before `before`. Returns their number.
    ///
    /// # Errors
    /// The disk does not answer. Some may be deleted.
    pub async fn delete_content_before(&self, area: Area, before: SystemTime) -> io::Result<u64> {
        let folder = self.root.join(area.prefix);
        self.disk.call(move || delete_files_before(&folder, before)).await
    }

    /// Free bytes on the disk of the store. `None` when it does not say.
    pub async fn free_bytes(&self) -> Option<u64> {
        let root = self.root.clone();
        let about = self
            .disk
            .call(move || Ok(nix::sys::statvfs::statvfs(&root)?))
            .await
            .ok()?;
        about.blocks_available().checked_mul(about.fragment_size())
    }

    /// Writes and deletes a small file.
    pub async fn check(&self) -> io::Result<()> {
        self.try_write(b"ok").await
    }

    /// True if the disk takes more than a few bytes.
    pub async fn has_room(&self) -> bool {
        self.try_write(&[0; ROOM_BYTES]).await.is_ok()
    }

    async fn try_write(&self, bytes: &'static [u8]) -> io::Result<()> {
        let temporary = Temporary::new(&self.root, &self.disk);
        let write = move || {
            let written = std::fs::write(temporary.path(), bytes);
            temporary.delete();
            written
        };
        self.disk.call_within(CHECK_TIMEOUT, write).await
    }

    /// Returns the directories to sync.
    fn write_content(&self, key: &ContentKey, bytes: &[u8]) -> io::Result<Vec<PathBuf>> {
        let path = self.content_path(key);
        if path.metadata().is_ok_and(|stored| stored.len() == bytes.len() as u64) {
            if key.area.retention == Retention::SinceLastPut {
                std::fs::File::open(&path)?.set_modified(SystemTime::now())?;
            }
            return Ok(Vec::new());
        }
        let temporary = Temporary::new(&self.root, &self.disk);
        let mut file = std::fs::File::create_new(temporary.path())?;
        file.write_all(bytes)?;
        file.sync_data()?;
        temporary.rename(&path)
    }

    fn version_path(&self, folder: &str, key: &VersionKey) -> PathBuf {
        let object = key.object_id.to_string();
        [Path::new(folder), Path::new(&object), Path::new(&key.version)]
            .iter()
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    fn content_path(&self, key: &ContentKey) -> PathBuf {
        let name = hex::encode(key.sha256);
        let mut path = self.root.join(key.area.prefix).join(&name[..2]).join(&name);
        if !key.extension.is_empty() {
            path.set_extension(key.extension);
        }
        path
    }
}

/// It is no fault to delete what is not there.
fn unless_missing(deleted: io::Result<()>) -> io::Result<()> {
    match deleted {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Writes exactly the announced bytes and syncs them.
async fn write_stream<E: std::fmt::Display>(
    disk: &Disk,
    temporary: &Temporary,
    expected: Announced,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<(), PutError> {
    let announced = expected.size_bytes;
    let path = temporary.path().to_owned();
    let mut file = disk.call(move || std::fs::File::create_new(path)).await?;
    let mut pending = Vec::with_capacity(CHUNK_BYTES);
    let (mut hasher, mut received) = (Sha256::new(), 0);
    let started = Instant::now();
    let broken = |received: u64, reason: String| PutError::Broken {
        announced,
        received,
        reason,
    };
    loop {
        let next = tokio::time::timeout(IDLE_TIMEOUT, body.next()).await;
        let next = next.map_err(|_| PutError::Stalled { announced, received })?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|error| broken(received, error.to_string()))?;
        received += chunk.len() as u64;
        if received > announced {
            return Err(PutError::TooLong { announced });
        }
        hasher.update(&chunk);
        pending.extend_from_slice(&chunk);
        if pending.len() >= CHUNK_BYTES {
            (file, pending) = disk.call(move || append(file, pending)).await?;
        }
        if started.elapsed() > IDLE_TIMEOUT + Duration::from_secs(received / SLOWEST_BYTES_A_SECOND) {
            return Err(PutError::Stalled { announced, received });
        }
    }
    if received < announced {
        return Err(PutError::TooShort { announced, received });
    }
    let received = hasher.finalize().into();
    if received != expected.sha256 {
        return Err(PutError::Changed {
            announced: expected.sha256,
            received,
        });
    }
    disk.call(move || append(file, pending)?.0.sync_all()).await?;
    Ok(())
}

/// Returns the emptied buffer.
fn append(mut file: std::fs::File, mut bytes: Vec<u8>) -> io::Result<(std::fs::File, Vec<u8>)> {
    file.write_all(&bytes)?;
    bytes.clear();
    Ok((file, bytes))
}
