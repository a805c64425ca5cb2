//! The state directory: its owner's alone, and one daemon's. An older one that is open to others is repaired, aloud.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use nix::unistd::{Uid, User, geteuid};

/// Others may pass through, to a control socket in it, but neither list it nor write to it.
const OTHERS_READ_WRITE: u32 = 0o066;
const OTHERS: u32 = 0o077;

/// Makes the state directory where it is missing, closes it to others, and takes it for this process until the file is closed.
///
/// # Errors
/// It belongs to another user, or another daemon has it.
pub fn take(state: &Path) -> anyhow::Result<File> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state)
        .with_context(|| format!("making the state directory {}", state.display()))?;
    refuse_of_another(state)?;
    forbid(state, OTHERS_READ_WRITE)?;
    let path = state.join("lock");
    if let Some(lock) = lock(&path)? {
        return Ok(lock);
    }
    let Some((pid, user)) = holder(&path) else {
        bail!("another tradepostd runs on the state directory {}", state.display());
    };
    tracing::warn!(
        pid, user, path = %path.display(),
        "a process of another user held the lock of the state directory: it was replaced by a new one"
    );
    fs::remove_file(&path).with_context(|| format!("replacing {}", path.display()))?;
    let lock = lock(&path)?;
    lock.with_context(|| format!("another tradepostd runs on the state directory {}", state.display()))
}

/// The path of the key that signs URLs: systemd's credential `signing.key`, or a file of the state directory. Such a file that others could
/// read is deleted, so that a new one is made.
pub fn signing_key(state: &Path) -> anyhow::Result<PathBuf> {
    if let Some(credential) = credential("signing.key") {
        return Ok(credential);
    }
    let path = state.join("signing.key");
    if let Some(about) = look(&path)?
        && about.mode() & OTHERS != 0
    {
        fs::remove_file(&path).with_context(|| format!("deleting {}", path.display()))?;
        tracing::warn!(
            path = %path.display(), mode = format!("{:04o}", about.mode() & 0o7777),
            "others could read the signing key: it is replaced, and presigned URLs handed out before are invalid"
        );
    }
    Ok(path)
}

/// The path of the key of licence certificates: systemd's credential `certificate.key`, or a file of the state directory.
pub fn certificate_key(state: &Path) -> PathBuf {
    credential("certificate.key").unwrap_or_else(|| state.join("certificate.key"))
}

/// The file of a credential that systemd hands over.
fn credential(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    Some(Path::new(&folder).join(name)).filter(|path| path.exists())
}

fn refuse_of_another(state: &Path) -> anyhow::Result<()> {
    let owner = fs::metadata(state)?.uid();
    let me = geteuid();
    if owner != me.as_raw() && !me.is_root() {
        bail!(
            "the state directory {} belongs to uid {owner}, this process is uid {me}: start as that user, or choose another directory",
            state.display()
        );
    }
    Ok(())
}

/// Takes permissions away where they are given.
fn forbid(path: &Path, permissions: u32) -> anyhow::Result<()> {
    let mode = fs::metadata(path)?.mode() & 0o7777;
    if mode & permissions == 0 {
        return Ok(());
    }
    let closed = mode & !permissions;
    fs::set_permissions(path, Permissions::from_mode(closed)).with_context(|| format!("closing {}", path.display()))?;
    tracing::warn!(
        path = %path.display(), before = format!("{mode:04o}"), now = format!("{closed:04o}"),
        "other users had permissions on it: they were taken away"
    );
    Ok(())
}

/// The lock. `None`: somebody holds it.
fn lock(path: &Path) -> anyhow::Result<Option<File>> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
        .with_context(|| format!("opening {}", path.display()))?;
    forbid(path, OTHERS)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

/// The process of another user that holds a lock, as far as the kernel tells. `None` also when one of this user or of root does.
fn holder(path: &Path) -> Option<(u32, String)> {
    let inode = fs::metadata(path).ok()?.ino().to_string();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 4711 fd:00:123456 0 EOF`
    let pids = locks.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let is_it = fields.get(1) == Some(&"FLOCK") && fields.get(5)?.rsplit(':').next() == Some(inode.as_str());
        is_it.then(|| fields[4].parse::<u32>().ok()).flatten()
    });
    let mut holders = Vec::new();
    for pid in pids {
        let uid = Uid::from_raw(fs::metadata(format!("/proc/{pid}")).ok()?.uid());
        if uid == geteuid() || uid.is_root() {
            return None;
        }
        let user = User::from_uid(uid).ok().flatten();
        holders.push((pid, user.map_or_else(|| format!("uid:{uid}"), |user| user.name)));
    }
    holders.pop()
}

fn look(path: &Path) -> anyhow::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other
            .map(Some)
            .with_context(|| format!("looking at {}", path.display())),
    }
}
