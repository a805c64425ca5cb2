//! The disk beside the store: open files, temporary ones, and room for more.

use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};

use super::{Place, Store};
use crate::filesystem::make_directory;
use crate::s3::Reading;
use crate::temporary::Temporary;

/// A disk that takes this much is not full.
const ROOM_BYTES: usize = 256 * 1024;
/// A file of the largest size is read on a slow disk within this time.
const EXAMINE_TIMEOUT: Duration = Duration::from_secs(120);
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
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

    /// Free bytes on the disk of the store. `None` when it does not say, or there is no end to them.
    pub async fn free_bytes(&self) -> Option<u64> {
        if self.bucket().is_some() {
            return None;
        }
        let root = self.root.clone();
        let about = self
            .disk
            .call(move || Ok(nix::sys::statvfs::statvfs(&root)?))
            .await
            .ok()?;
        about.blocks_available().checked_mul(about.fragment_size())
    }

    /// Writes and deletes a small file, and asks the bucket.
    pub async fn check(&self) -> io::Result<()> {
        self.try_write(b"ok").await?;
        match &self.place {
            Place::Files(_) => Ok(()),
            Place::Bucket(bucket) => bucket.check(CHECK_TIMEOUT).await,
        }
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

    /// Fetches an object into a file without a name.
    pub(super) async fn fetch(&self, reading: Reading) -> io::Result<std::fs::File> {
        let temporary = Temporary::new(&self.root, &self.disk);
        let nameless = move || {
            let mut options = std::fs::OpenOptions::new();
            let file = options.read(true).write(true).create_new(true).open(temporary.path());
            temporary.delete();
            file
        };
        let mut file = self.disk.call(nameless).await?;
        let mut chunks = Box::pin(reading.into_stream());
        while let Some(chunk) = chunks.try_next().await? {
            let write = move || {
                file.write_all(&chunk)?;
                Ok(file)
            };
            file = self.disk.call(write).await?;
        }
        io::Seek::rewind(&mut file)?;
        Ok(file)
    }
}

/// Deletes what was half written when the process last died.
pub(super) fn empty_tmp(root: &Path) -> anyhow::Result<()> {
    let tmp = root.join("tmp");
    match std::fs::remove_dir_all(&tmp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("emptying {}", tmp.display()));
        }
        _ => {}
    }
    make_directory(&tmp)
}
