//! The store as files under the state directory.
//!
//! ```text
//! objects/uploads/<upload>/<version>      one file a PUT; the version is random
//! objects/quarantine/<upload>/<version>   an infected pack: evidence, never served
//! objects/m|r|q/ab/cd/<sha256>[.webp]     content addressed
//! objects/tmp/                            being written; emptied at start
//! ```
//! A file is written under `tmp`, synced, and renamed into place.

use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;
use tradepost_common::ids::UploadId;
use uuid::Uuid;

use super::{Area, ContentKey, StoredUpload, UploadKey};

/// Bytes are hashed and written in steps of about this size.
const CHUNK_BYTES: usize = 64 * 1024;
/// A disk that takes this much is not full.
const ROOM_BYTES: usize = 256 * 1024;
/// A PUT that brings nothing for this long has ended.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The objects of one marketplace.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// Why a PUT was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("more than {announced} bytes came")]
    TooLong { announced: u64 },
    #[error("{came} of {announced} bytes came")]
    TooShort { announced: u64, came: u64 },
    #[error("the connection broke after {came} of {announced} bytes: {why}")]
    Broken { announced: u64, came: u64, why: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Store {
    /// Opens (or makes) the store; forgets what was half written when the daemon last died.
    ///
    /// # Errors
    /// When the folders can not be made.
    pub fn open(root: PathBuf) -> anyhow::Result<Self> {
        let tmp = root.join("tmp");
        match std::fs::remove_dir_all(&tmp) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("emptying {}", tmp.display()));
            }
            _ => {}
        }
        for folder in [&tmp, &root.join("uploads"), &root.join("quarantine")] {
            let mut maker = std::fs::DirBuilder::new();
            maker
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(Self { root })
    }

    /// Streams the bytes of one PUT into a new version of the upload; exactly `announced` bytes must come.
    ///
    /// # Errors
    /// When more or fewer come, or the disk does not take them; nothing is left behind then.
    pub async fn put_upload<E: std::fmt::Display>(
        &self,
        upload_id: UploadId,
        announced: u64,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<StoredUpload, PutError> {
        let temporary = Temporary::new(&self.root);
        let mut file =
            tokio::io::BufWriter::with_capacity(CHUNK_BYTES, tokio::fs::File::create_new(&temporary.0).await?);
        let (mut hasher, mut came) = (Sha256::new(), 0);
        let broken = |came: u64, why: String| PutError::Broken { announced, came, why };
        while let Some(chunk) = next_chunk(&mut body).await.map_err(|why| broken(came, why))? {
            let chunk = chunk.map_err(|error| broken(came, error.to_string()))?;
            came += chunk.len() as u64;
            if came > announced {
                return Err(PutError::TooLong { announced });
            }
            hasher.update(&chunk);
            file.write_all(&chunk).await?;
        }
        if came < announced {
            return Err(PutError::TooShort { announced, came });
        }
        file.flush().await?;
        file.into_inner().sync_all().await?;
        let key = UploadKey {
            upload_id,
            version: Uuid::new_v4().simple().to_string(),
        };
        self.rename(&temporary.0, &self.upload_path("uploads", &key)).await?;
        Ok(StoredUpload {
            key,
            size_bytes: came,
            sha256: hasher.finalize().into(),
        })
    }

    /// Opens a version of an uploaded pack, also when it was quarantined meanwhile.
    pub async fn open_upload(&self, key: &UploadKey) -> io::Result<std::fs::File> {
        let path = self.upload_path("uploads", key);
        let file = match tokio::fs::File::open(&path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tokio::fs::File::open(self.upload_path("quarantine", key)).await?
            }
            other => other?,
        };
        Ok(file.into_std().await)
    }

    /// Moves an infected pack to where nothing is ever served from. Idempotent.
    pub async fn quarantine_upload(&self, key: &UploadKey) -> io::Result<()> {
        let (from, to) = (self.upload_path("uploads", key), self.upload_path("quarantine", key));
        match self.rename(&from, &to).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tokio::fs::try_exists(&to).await? => Ok(()),
            other => other,
        }
    }

    /// Deletes every version of an upload but `keep`. Quarantined ones stay.
    pub async fn delete_upload_versions(&self, upload_id: UploadId, keep: Option<&str>) -> io::Result<()> {
        let folder = self.root.join("uploads").join(upload_id.to_string());
        let mut entries = match tokio::fs::read_dir(&folder).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        while let Some(entry) = entries.next_entry().await? {
            if keep.is_none_or(|keep| entry.file_name() != keep) {
                tokio::fs::remove_file(entry.path()).await?;
            }
        }
        Ok(())
    }

    /// Stores content addressed objects; those that are there already are left alone.
    ///
    /// # Errors
    /// When the disk does not take them. Some may be stored then; doing it again is harmless.
    pub async fn put_content(&self, objects: Vec<(ContentKey, Bytes)>) -> io::Result<()> {
        let store = self.clone();
        let write = move || {
            objects
                .iter()
                .try_for_each(|(key, bytes)| store.write_content(key, bytes))
        };
        tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
    }

    /// Reads a content addressed object whole.
    pub async fn read_content(&self, key: &ContentKey) -> io::Result<Bytes> {
        Ok(tokio::fs::read(self.content_path(key)).await?.into())
    }

    /// Opens a content addressed object for streaming.
    pub async fn open_content(&self, key: &ContentKey) -> io::Result<tokio::fs::File> {
        tokio::fs::File::open(self.content_path(key)).await
    }

    /// Whether a content addressed object is there.
    ///
    /// # Errors
    /// When the disk does not answer.
    pub async fn has_content(&self, key: &ContentKey) -> io::Result<bool> {
        tokio::fs::try_exists(self.content_path(key)).await
    }

    /// Deletes a content addressed object. One that is not there is as good as deleted.
    ///
    /// # Errors
    /// When the disk does not answer.
    pub async fn delete_content(&self, key: &ContentKey) -> io::Result<()> {
        match tokio::fs::remove_file(self.content_path(key)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Bytes that the disk of the store has free for us. `None` when it does not say.
    pub fn free_bytes(&self) -> Option<u64> {
        let about = nix::sys::statvfs::statvfs(&self.root).ok()?;
        about.blocks_available().checked_mul(about.fragment_size())
    }

    /// Deletes the objects of an area that were last put before `before`. Answers with how many.
    ///
    /// # Errors
    /// When the disk does not answer. Some may be deleted then.
    pub async fn delete_content_before(&self, area: Area, before: SystemTime) -> io::Result<u64> {
        let folder = self.root.join(area.folder());
        let delete = move || delete_files_before(&folder, before);
        tokio::task::spawn_blocking(delete).await.map_err(io::Error::other)?
    }

    /// Writes a small file, to know whether the disk takes any.
    pub async fn check(&self) -> io::Result<()> {
        let temporary = Temporary::new(&self.root);
        tokio::fs::write(&temporary.0, b"ok").await
    }

    /// Whether the disk takes more than a few bytes.
    pub async fn has_room(&self) -> bool {
        let temporary = Temporary::new(&self.root);
        tokio::fs::write(&temporary.0, vec![0; ROOM_BYTES]).await.is_ok()
    }

    fn write_content(&self, key: &ContentKey, bytes: &[u8]) -> io::Result<()> {
        let path = self.content_path(key);
        if path.metadata().is_ok_and(|there| there.len() == bytes.len() as u64) {
            return match key.area {
                // It is as good as new, for `delete_content_before`.
                Area::QueuePayloads => std::fs::File::open(&path)?.set_modified(SystemTime::now()),
                Area::Members | Area::Renditions => Ok(()),
            };
        }
        let temporary = Temporary::new(&self.root);
        let mut file = std::fs::File::create_new(&temporary.0)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_data()?;
        match std::fs::rename(&temporary.0, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path.parent().expect("a content path has a parent"))?;
                std::fs::rename(&temporary.0, &path)
            }
            other => other,
        }
    }

    async fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        tokio::fs::create_dir_all(to.parent().expect("an object's path has a parent")).await?;
        tokio::fs::rename(from, to).await
    }

    fn upload_path(&self, folder: &str, key: &UploadKey) -> PathBuf {
        self.root
            .join(folder)
            .join(key.upload_id.to_string())
            .join(&key.version)
    }

    fn content_path(&self, key: &ContentKey) -> PathBuf {
        let name = hex::encode(key.sha256);
        let mut path = self
            .root
            .join(key.area.folder())
            .join(&name[..2])
            .join(&name[2..4])
            .join(&name);
        if !key.extension.is_empty() {
            path.set_extension(key.extension);
        }
        path
    }
}

fn delete_files_before(folder: &Path, before: SystemTime) -> io::Result<u64> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        other => other?,
    };
    let mut deleted = 0;
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            deleted += delete_files_before(&entry.path(), before)?;
        } else if about.modified()? < before {
            std::fs::remove_file(entry.path())?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// What comes next, unless nothing does for too long: an upload that stands still holds a connection and a file.
async fn next_chunk<T>(body: &mut (impl Stream<Item = T> + Unpin)) -> Result<Option<T>, String> {
    let chunk = tokio::time::timeout(SILENCE, body.next()).await;
    chunk.map_err(|_| format!("nothing came for {} s", SILENCE.as_secs()))
}

/// A name under `tmp`; whatever is there is deleted when this is dropped before it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn new(root: &Path) -> Self {
        Self(root.join("tmp").join(Uuid::new_v4().simple().to_string()))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It was renamed into place, which is the usual case, or never made.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes, io::Error>> + Unpin {
        futures_util::stream::iter(
            parts
                .iter()
                .map(|part| Ok(Bytes::from_static(part.as_bytes())))
                .collect::<Vec<_>>(),
        )
    }

    #[tokio::test]
    async fn every_put_is_a_version_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().to_owned()).unwrap();
        let id = UploadId::new();
        let first = store.put_upload(id, 6, chunks(&["one", "two"])).await.unwrap();
        let second = store.put_upload(id, 6, chunks(&["three", "!"])).await.unwrap();
        assert_ne!(first.key.version, second.key.version);
        assert_eq!(first.sha256, super::super::sha256(b"onetwo"));
        let mut text = String::new();
        io::Read::read_to_string(&mut store.open_upload(&first.key).await.unwrap(), &mut text).unwrap();
        assert_eq!(text, "onetwo");
        store
            .delete_upload_versions(id, Some(&second.key.version))
            .await
            .unwrap();
        assert!(store.open_upload(&first.key).await.is_err());
        store.quarantine_upload(&second.key).await.unwrap();
        store.quarantine_upload(&second.key).await.unwrap();
        assert!(store.open_upload(&second.key).await.is_ok());
    }

    #[tokio::test]
    async fn wrong_length_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().to_owned()).unwrap();
        let id = UploadId::new();
        let short = store.put_upload(id, 7, chunks(&["onetwo"])).await;
        assert!(matches!(short, Err(PutError::TooShort { announced: 7, came: 6 })));
        let long = store.put_upload(id, 5, chunks(&["onetwo"])).await;
        assert!(matches!(long, Err(PutError::TooLong { announced: 5 })));
        assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn content_is_found_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().to_owned()).unwrap();
        let key = ContentKey::rendition(super::super::sha256(b"picture"), "webp");
        store
            .put_content(vec![(key.clone(), Bytes::from_static(b"picture")); 2])
            .await
            .unwrap();
        assert_eq!(store.read_content(&key).await.unwrap(), "picture");
    }
}
