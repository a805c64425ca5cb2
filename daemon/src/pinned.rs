//! The bytes that were scanned are the ones that are opened, published and sold: the store is not trusted to have kept them.

use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;

use anyhow::Context as _;
use nix::sys::memfd::{MFdFlags, memfd_create};
use sha2::{Digest as _, Sha256};

use tradepost_store::{Store, sha256 as sha256_of};

const CHUNK_BYTES: usize = 256 << 10;

/// Somebody changed an object after its verdict.
#[derive(Debug, thiserror::Error)]
#[error("the stored bytes of {what} are not the ones that were scanned: expected the SHA-256 {expected}")]
pub struct Swapped {
    what: &'static str,
    expected: String,
}

/// A file that was found to hold the right bytes, as it was then.
#[derive(Debug, PartialEq, Eq)]
pub struct Seal {
    size_bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Exactly these bytes, as a descriptor.
pub fn in_memory(bytes: &[u8]) -> anyhow::Result<std::fs::File> {
    let mut file = std::fs::File::from(memfd_create(c"item", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// Refuses bytes in memory that do not have this SHA-256.
///
/// # Errors
/// [`Swapped`].
pub fn check(bytes: &[u8], sha256: &[u8; 32], what: &'static str) -> Result<(), Swapped> {
    same(&sha256_of(bytes), sha256, what)
}

/// Refuses bytes that have another SHA-256 than the expected one.
///
/// # Errors
/// [`Swapped`].
pub fn same(found: &[u8; 32], expected: &[u8; 32], what: &'static str) -> Result<(), Swapped> {
    if found == expected {
        Ok(())
    } else {
        Err(swapped(expected, what))
    }
}

/// Reads an open file to its end, refuses it unless it has this SHA-256, and rewinds it. What is renamed over it later changes
/// nothing of what this descriptor reads; what is written into it breaks the seal.
///
/// # Errors
/// [`Swapped`], or when it can not be read.
pub async fn seal(store: &Store, file: &std::fs::File, sha256: [u8; 32], what: &'static str) -> anyhow::Result<Seal> {
    let file = file.try_clone().context("sharing an open file")?;
    let read = store.examine(move || Ok((look(&file)?, digest(&file)?)));
    let (seal, digest) = read.await.context("reading stored bytes")?;
    same(&digest, &sha256, what)?;
    Ok(seal)
}

impl Seal {
    /// Refuses the file when something was written into it since it was sealed.
    ///
    /// # Errors
    /// [`Swapped`], or when it can not be looked at.
    pub fn check(&self, file: &std::fs::File, sha256: &[u8; 32], what: &'static str) -> anyhow::Result<()> {
        if look(file).context("looking at a stored file")? == *self {
            return Ok(());
        }
        Err(swapped(sha256, what).into())
    }
}

fn swapped(sha256: &[u8; 32], what: &'static str) -> Swapped {
    Swapped {
        what,
        expected: hex::encode(sha256),
    }
}

/// The time of the last change of the inode can not be set back by who writes to the file.
fn look(file: &std::fs::File) -> io::Result<Seal> {
    let about = file.metadata()?;
    Ok(Seal {
        size_bytes: about.len(),
        modified: (about.mtime(), about.mtime_nsec()),
        changed: (about.ctime(), about.ctime_nsec()),
    })
}

fn digest(mut file: &std::fs::File) -> io::Result<[u8; 32]> {
    file.rewind()?;
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => hasher.update(&chunk[..count]),
        }
    }
    file.rewind()?;
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sealed_file_tells_what_is_written_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack");
        std::fs::write(&path, b"scanned").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let sha256 = sha256_of(b"scanned");
        let store = Store::open(folder.path().join("objects")).unwrap();
        assert!(seal(&store, &file, sha256_of(b"other"), "a pack").await.is_err());
        let seal = seal(&store, &file, sha256, "a pack").await.unwrap();
        let mut text = String::new();
        (&file).read_to_string(&mut text).unwrap();
        assert_eq!(text, "scanned", "it is rewound");
        seal.check(&file, &sha256, "a pack").unwrap();
        std::fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .write_all(b"swapped")
            .unwrap();
        let fault = seal.check(&file, &sha256, "a pack").unwrap_err();
        assert!(fault.downcast_ref::<Swapped>().is_some(), "{fault}");
    }
}
