//! The folder of a server, which the server reaches without being let through the folders above it.
//!
//! A state directory under a home of mode 0700 is closed to the unprivileged user a server runs as. Rather than giving that
//! user a capability to read the whole machine, the daemon opens the folder and lets the child inherit the descriptor: paths
//! under `/proc/self/fd/N` start at the folder itself, and are short enough for a socket however deep the folder lies.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;
use tokio::time::{Instant, sleep};

use super::account::Account;

/// The longest path the kernel takes for a Unix socket, without the closing zero.
const SOCKET_PATH_BYTES: usize = 107;

/// A child that a cancelled start left behind needs a moment to end, and holds the lock meanwhile.
const LOCKED_WITHIN: Duration = Duration::from_secs(5);

/// An open folder of one server. Paths by descriptor are valid in this process and its children as long as it lives.
#[derive(Debug)]
pub struct ServerDir {
    path: PathBuf,
    descriptor: OwnedFd,
    /// Children share the folder, so the folder stays taken until the last of them ended.
    lock: Option<Flock<fs::File>>,
}

impl ServerDir {
    /// Makes the folder where it is missing and takes it for this process; fails when it belongs to another user or another
    /// daemon has it.
    pub async fn take(path: &Path) -> anyhow::Result<Self> {
        // Others may pass through a folder of root's, not list it: the server's own folders inside are closed to them.
        let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(path)
            .with_context(|| format!("making the folder {}", path.display()))?;
        let mut dir = Self::open(path)?;
        let owner = fs::metadata(&dir.path)?.uid();
        if owner == geteuid().as_raw() {
            fs::set_permissions(&dir.path, Permissions::from_mode(mode))?;
        } else if !geteuid().is_root() {
            bail!(
                "{} belongs to uid {owner}, this process is uid {}: start as that user, or choose another state directory",
                dir.path.display(),
                geteuid()
            );
        }
        dir.lock = Some(dir.lock().await?);
        Ok(dir)
    }

    /// Opens a folder that is there, for a look.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let path = fs::canonicalize(path).with_context(|| format!("opening the folder {}", path.display()))?;
        let descriptor = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
            .open(&path)
            .with_context(|| format!("opening the folder {}", path.display()))?;
        Ok(Self {
            path,
            descriptor: descriptor.into(),
            lock: None,
        })
    }

    /// The path of `name` in this folder.
    pub fn inside(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The path of `name` as a child sees it that inherited the descriptor.
    pub fn by_descriptor(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.descriptor.as_raw_fd()))
    }

    /// The path of `name` by which this process reaches the socket `file` in it.
    pub fn for_socket(&self, name: &str, file: &str) -> PathBuf {
        let plain = self.inside(name);
        if plain.as_os_str().len() + 1 + file.len() <= SOCKET_PATH_BYTES {
            return plain;
        }
        self.by_descriptor(name)
    }

    async fn lock(&self) -> anyhow::Result<Flock<fs::File>> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(self.inside("lock"))
            .with_context(|| format!("making the lock of {}", self.path.display()))?;
        let deadline = Instant::now() + LOCKED_WITHIN;
        loop {
            match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(lock),
                Err(_) if Instant::now() > deadline => {
                    bail!("{} is in use by another running daemon", self.path.display())
                }
                Err((unlocked, _)) => file = unlocked,
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes the folder `name` inside, of mode 0700 and owned by the user the server runs as.
    pub fn folder(&self, name: &str, account: &Account) -> anyhow::Result<()> {
        let path = self.inside(name);
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => {
                return Err(fault).with_context(|| format!("making the folder {}", path.display()));
            }
            _ => account.give(&path)?,
        }
        Ok(())
    }

    /// Puts `text` into the file `name`, at once or not at all. Never follows a link that somebody left there.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.inside(name);
        let fresh = self.inside(&format!("{name}.new"));
        let write = || -> io::Result<()> {
            remove_if_there(&fresh)?;
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o644)
                .open(&fresh)?;
            file.set_permissions(Permissions::from_mode(0o644))?;
            file.write_all(text.as_bytes())?;
            fs::rename(&fresh, &path)
        };
        write().with_context(|| format!("writing {}", path.display()))
    }
}

impl AsFd for ServerDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Removes a file; it is no fault when there is none.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
        _ => Ok(()),
    }
}
