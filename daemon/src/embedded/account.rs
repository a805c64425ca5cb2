//! The user a server runs as: never root.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use nix::unistd::{Gid, Uid, User, geteuid};

/// The user of a child: the daemon's own, or another one when the daemon is root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    Own,
    Other { uid: Uid, gid: Gid },
}

impl Account {
    /// Chooses the user: the one asked for, else the owner of what is already there, else the first of `candidates` that the
    /// machine has. A daemon that is not root has no choice.
    pub fn choose(asked: Option<&str>, existing: &Path, candidates: &[&str]) -> anyhow::Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        if let Some(name) = asked {
            return Self::named(name)?.with_context(|| format!("there is no user {name} on this machine"));
        }
        if let Ok(owned) = fs::metadata(existing)
            && owned.uid() != 0
        {
            return Ok(Self::Other {
                uid: Uid::from_raw(owned.uid()),
                gid: Gid::from_raw(owned.gid()),
            });
        }
        for name in candidates {
            if let Some(account) = Self::named(name)? {
                return Ok(account);
            }
        }
        anyhow::bail!(
            "none of the users {} is on this machine: create one",
            candidates.join(", ")
        )
    }

    fn named(name: &str) -> anyhow::Result<Option<Self>> {
        let user = User::from_name(name).with_context(|| format!("looking up the user {name}"))?;
        Ok(user.map(|user| Self::Other {
            uid: user.uid,
            gid: user.gid,
        }))
    }

    /// The uid the child will have.
    pub fn uid(&self) -> Uid {
        match self {
            Self::Own => geteuid(),
            Self::Other { uid, .. } => *uid,
        }
    }

    /// Gives a file or folder of the daemon to this user.
    pub fn give(&self, path: &Path) -> anyhow::Result<()> {
        let Self::Other { uid, gid } = self else {
            return Ok(());
        };
        lchown(path, Some(uid.as_raw()), Some(gid.as_raw()))
            .with_context(|| format!("giving {} to uid {uid}", path.display()))
    }

    /// Makes the command run as this user, without further groups.
    pub fn assume(&self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
    }
}
