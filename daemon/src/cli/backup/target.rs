//! The place of a backup: a folder, or a prefix of a bucket.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use sqlx::PgConnection;
use tradepost_store::Store;
use tradepost_store::s3::Bucket;
use tradepostd::config::{Config, ObjectPlace};
use tradepostd::objects;

use super::make_private;

const SCHEME: &str = "s3://";

/// A folder, or what is below a prefix.
pub enum Target {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
}

/// Keeps other backups out of a place until dropped.
#[derive(Debug)]
pub enum Lock {
    Folder {
        _file: File,
    },
    /// Held by the connection that asked for it.
    Connection,
}

impl Target {
    /// Parses `s3://bucket/prefix`, or the path of a folder. The bucket is reached as that of the objects is.
    pub async fn parse(text: &str, config: &Config) -> anyhow::Result<Self> {
        let Some(address) = text.strip_prefix(SCHEME) else {
            return Ok(Self::Folder(PathBuf::from(text)));
        };
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        let prefix = prefix.trim_end_matches('/');
        ensure!(
            !name.is_empty() && !prefix.is_empty(),
            "{text} must be s3://BUCKET/PREFIX, or the path of a folder"
        );
        let mut config = config.clone();
        ensure!(
            config.objects.bucket.as_deref() != Some(name) || config.objects.prefix.trim_end_matches('/') != prefix,
            "{text} has the objects of the shop itself: back up to another prefix, better to another bucket"
        );
        config.objects.store = ObjectPlace::S3;
        config.objects.bucket = Some(name.to_owned());
        config.objects.prefix = format!("{prefix}/");
        let bucket = objects::bucket(&config).await?.context("there is a bucket")?;
        Ok(Self::Bucket(Box::new(bucket)))
    }

    /// A folder for files on their way.
    pub fn scratch(&self, state: &Path) -> anyhow::Result<Scratch> {
        match self {
            Self::Folder(folder) => {
                make_private(folder)?;
                Ok(Scratch::Kept(folder.clone()))
            }
            Self::Bucket(_) => {
                make_private(state)?;
                let made = tempfile::Builder::new().prefix("backup-").tempdir_in(state);
                Ok(Scratch::Temporary(
                    made.context("making a temporary folder in the state directory")?,
                ))
            }
        }
    }

    /// The objects of the backup.
    pub fn store(&self, scratch: &Path) -> anyhow::Result<Store> {
        match self {
            Self::Folder(folder) => Store::beside(folder.join("objects")),
            Self::Bucket(bucket) => Store::open_bucket(scratch.join("objects"), Bucket::clone(bucket)),
        }
    }

    /// Moves a file to its place in the backup, over an older one.
    pub async fn take(&self, name: &str, file: &Path) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => std::fs::rename(file, folder.join(name)),
            Self::Bucket(bucket) => bucket.put_file(name, file).await,
        }
        .with_context(|| format!("putting {name} into its place"))
    }

    /// The path of a file of the backup, once it is here. `None`: the backup has none of this name.
    pub async fn bring(&self, name: &str, scratch: &Path) -> anyhow::Result<Option<PathBuf>> {
        let bucket = match self {
            Self::Folder(folder) => return Ok(Some(folder.join(name)).filter(|path| path.exists())),
            Self::Bucket(bucket) => bucket,
        };
        let path = scratch.join(name);
        match bucket.get_file(name, &path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(|()| Some(path)).with_context(|| format!("fetching {name}")),
        }
    }

    /// Keeps others out. A bucket has no locks: there the shop's own database keeps a second backup of it out.
    ///
    /// # Errors
    /// Another backup is made there.
    pub async fn lock(&self, connection: &mut PgConnection) -> anyhow::Result<Lock> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join("lock");
                let file = File::options().create(true).append(true).open(&path);
                let file = file.with_context(|| format!("opening {}", path.display()))?;
                match file.try_lock() {
                    Ok(()) => Ok(Lock::Folder { _file: file }),
                    Err(TryLockError::WouldBlock) => bail!("{}", self.is_taken()),
                    Err(TryLockError::Error(error)) => Err(error).context("locking the backup"),
                }
            }
            Self::Bucket(_) => {
                let locked = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended($1, 0))");
                let locked: bool = locked.bind(self.to_string()).fetch_one(connection).await?;
                ensure!(locked, "{}", self.is_taken());
                Ok(Lock::Connection)
            }
        }
    }

    fn is_taken(&self) -> String {
        format!("another backup to {self} is running: wait until it has ended")
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Bucket(bucket) => {
                let settings = bucket.settings();
                write!(f, "{SCHEME}{}/{}", settings.name, settings.prefix.trim_end_matches('/'))
            }
        }
    }
}

/// A folder for files on their way: that of the backup itself, or a temporary one.
pub enum Scratch {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl std::ops::Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}
