//! The contract of the store, and its two implementations behind it.

mod local;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;
use uuid::Uuid;

use crate::copy::{ObjectName, Section};
use crate::disk::Disk;
use crate::filesystem::{Files, make_directory};
use crate::receive::{PutError, write_stream};
use crate::s3::Bucket;
use crate::temporary::Temporary;
use crate::walk::{VersionWalk, Walk};
use crate::{Announced, Area, ContentKey, SignedPut, Uploaded, VersionKey};
use local::empty_tmp;

/// Objects of a bucket that one caller reads at once.
const READS_AT_ONCE: usize = 8;

/// Object store.
#[derive(Debug, Clone)]
pub struct Store {
    /// Has the temporary files below `tmp`.
    root: PathBuf,
    disk: Disk,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Files(Files),
    Bucket(Bucket),
}

impl Store {
    /// Opens or creates the store in a directory, and deletes what was half written when the process last died.
    pub fn open(root: PathBuf) -> anyhow::Result<Self> {
        empty_tmp(&root)?;
        Self::beside(root)
    }

    /// Opens the store in a directory that a running process may use as well: nothing of it is deleted.
    pub fn beside(root: PathBuf) -> anyhow::Result<Self> {
        let disk = Disk::default();
        make_directory(&root.join("tmp"))?;
        let place = Place::Files(Files::open(&root, &disk)?);
        Ok(Self { root, disk, place })
    }

    /// Opens the store in a bucket. Temporary files are in a directory.
    pub fn open_bucket(root: PathBuf, bucket: Bucket) -> anyhow::Result<Self> {
        empty_tmp(&root)?;
        Ok(Self {
            root,
            disk: Disk::default(),
            place: Place::Bucket(bucket),
        })
    }

    /// The bucket, if that is where the objects are.
    pub fn bucket(&self) -> Option<&Bucket> {
        match &self.place {
            Place::Files(_) => None,
            Place::Bucket(bucket) => Some(bucket),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Says that the process stops: clients who read do not hold it up when the disk hangs.
    pub fn stop(&self) {
        self.disk.stop.cancel();
    }

    /// Streams the bytes of one PUT into a new version of an object. Other versions are not touched.
    ///
    /// # Errors
    /// Other bytes than the announced ones came, or the store did not take them. Nothing is left behind.
    pub async fn put_version<E: std::fmt::Display>(
        &self,
        object_id: Uuid,
        announced: Announced,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<VersionKey, PutError> {
        let temporary = Temporary::new(&self.root, &self.disk);
        let stored = match write_stream(&self.disk, &temporary, announced, body).await {
            Err(error) => Err(error),
            Ok(()) => match &self.place {
                Place::Files(files) => return Ok(files.put_version(object_id, temporary).await?),
                Place::Bucket(bucket) => Ok(bucket.put_version(object_id, temporary.path(), announced).await?),
            },
        };
        let delete = move || {
            temporary.delete();
            Ok(())
        };
        let _ = self.disk.call(delete).await;
        stored
    }

    /// Signs a PUT of exactly the announced bytes that goes past the daemon. `None`: the daemon takes them itself.
    pub async fn sign_put(
        &self,
        object_id: Uuid,
        announced: Announced,
        valid_for: Duration,
    ) -> io::Result<Option<SignedPut>> {
        match &self.place {
            Place::Files(_) => Ok(None),
            Place::Bucket(bucket) => bucket.sign_put(object_id, announced, valid_for).await.map(Some),
        }
    }

    /// Looks for what PUTs past the daemon brought. `None`: nothing, or the daemon takes the bytes itself.
    pub async fn uploaded(&self, object_id: Uuid) -> io::Result<Option<Uploaded>> {
        match &self.place {
            Place::Files(_) => Ok(None),
            Place::Bucket(bucket) => bucket.uploaded(object_id).await,
        }
    }

    /// Opens a version, also when it is in quarantine meanwhile. From a bucket it is fetched whole.
    pub async fn open_version(&self, key: &VersionKey) -> io::Result<std::fs::File> {
        match &self.place {
            Place::Files(files) => files.open_version(key).await,
            Place::Bucket(bucket) => self.fetch(bucket.open_version(key).await?).await,
        }
    }

    /// Reads a version from its start, also when it is in quarantine meanwhile. From a bucket it is read while it comes.
    pub async fn read_version(&self, key: &VersionKey) -> io::Result<Pin<Box<dyn AsyncRead + Send>>> {
        Ok(match &self.place {
            Place::Files(files) => Box::pin(tokio::fs::File::from_std(files.open_version(key).await?)),
            Place::Bucket(bucket) => {
                let reading = bucket.open_version(key).await?;
                Box::pin(StreamReader::new(Box::pin(reading.into_stream())))
            }
        })
    }

    /// Moves a version to where nothing is ever served from. Idempotent.
    pub async fn quarantine_version(&self, key: &VersionKey) -> io::Result<()> {
        match &self.place {
            Place::Files(files) => files.quarantine_version(key).await,
            Place::Bucket(bucket) => bucket.quarantine_version(key).await,
        }
    }

    /// Deletes one version. Idempotent; a quarantined one stays.
    pub async fn delete_version(&self, key: &VersionKey) -> io::Result<()> {
        match &self.place {
            Place::Files(files) => files.delete_version(key).await,
            Place::Bucket(bucket) => bucket.delete_version(key).await,
        }
    }

    /// Deletes all versions of an object. Idempotent; quarantined ones stay.
    pub async fn delete_versions(&self, object_id: Uuid) -> io::Result<()> {
        match &self.place {
            Place::Files(files) => files.delete_versions(object_id).await,
            Place::Bucket(bucket) => bucket.delete_versions(object_id).await,
        }
    }

    /// Walks through the versions that were written before `before`.
    pub async fn versions_before(&self, before: SystemTime) -> io::Result<VersionWalk> {
        Ok(VersionWalk(match &self.place {
            Place::Files(files) => Walk::Files(files.versions_before(before).await?),
            Place::Bucket(bucket) => Walk::Bucket(bucket.versions_before(before)),
        }))
    }

    /// Stores content-addressed objects.
    ///
    /// # Errors
    /// The store does not take them. Some may be stored; the call is idempotent.
    pub async fn put_content(&self, objects: Vec<(ContentKey, Bytes)>) -> io::Result<()> {
        match &self.place {
            Place::Files(files) => files.put_content(objects).await,
            Place::Bucket(bucket) => bucket.put_content(objects).await,
        }
    }

    /// Reads a content-addressed object whole.
    pub async fn read_content(&self, key: &ContentKey) -> io::Result<Bytes> {
        match &self.place {
            Place::Files(files) => files.read_content(key).await,
            Place::Bucket(bucket) => bucket.open_content(key).await?.into_bytes().await,
        }
    }

    /// Reads content-addressed objects whole, in the order of the keys.
    pub async fn read_contents(&self, keys: &[ContentKey]) -> io::Result<Vec<Bytes>> {
        match &self.place {
            Place::Files(files) => files.read_contents(keys).await,
            Place::Bucket(bucket) => {
                let read = async |key: ContentKey| bucket.open_content(&key).await?.into_bytes().await;
                let reads: Vec<_> = keys.iter().cloned().map(read).collect();
                futures_util::stream::iter(reads)
                    .buffered(READS_AT_ONCE)
                    .try_collect()
                    .await
            }
        }
    }

    /// Opens a content-addressed object. Returns its size as well. From a bucket it is fetched whole.
    pub async fn open_content(&self, key: &ContentKey) -> io::Result<(std::fs::File, u64)> {
        let file = match &self.place {
            Place::Files(files) => files.open_content(key).await?,
            Place::Bucket(bucket) => self.fetch(bucket.open_content(key).await?).await?,
        };
        let size_bytes = file.metadata()?.len();
        Ok((file, size_bytes))
    }

    /// Deletes content-addressed objects. Idempotent.
    pub async fn delete_content(&self, keys: &[ContentKey]) -> io::Result<()> {
        match &self.place {
            Place::Files(files) => files.delete_content(keys).await,
            Place::Bucket(bucket) => bucket.delete_content(keys).await,
        }
    }

    /// Deletes the objects of an area that were last put before `before`. Returns their number.
    ///
    /// # Errors
    /// The store does not answer. Some may be deleted.
    pub async fn delete_content_before(&self, area: Area, before: SystemTime) -> io::Result<u64> {
        match &self.place {
            Place::Files(files) => files.delete_content_before(area, before).await,
            Place::Bucket(bucket) => bucket.delete_content_before(area, before).await,
        }
    }

    /// The objects of a section, and their sizes.
    pub(crate) async fn list(&self, section: Section) -> io::Result<Vec<(ObjectName, u64)>> {
        match &self.place {
            Place::Files(files) => files.list(section).await,
            Place::Bucket(bucket) => bucket.list(section).await,
        }
    }

    pub(crate) async fn open_named(&self, name: &ObjectName) -> io::Result<std::fs::File> {
        match &self.place {
            Place::Files(files) => files.open_named(name).await,
            Place::Bucket(bucket) => self.fetch(bucket.open_named(name).await?).await,
        }
    }

    /// Stores the bytes of a temporary file under a name.
    pub(crate) async fn put_named(&self, name: &ObjectName, file: Temporary, announced: Announced) -> io::Result<()> {
        match &self.place {
            Place::Files(files) => files.put_named(name, file).await,
            Place::Bucket(bucket) => bucket.put_named(name, file.path(), announced).await,
        }
    }
}
