//! Copies a store into another one: what is there already is left alone, so that a copy that was stopped goes on.

use std::collections::HashMap;
use std::io::{self, Read as _, Seek as _};

use sha2::{Digest as _, Sha256};

use crate::temporary::Temporary;
use crate::{Announced, Area, Store, VersionKey};

/// Buffer for hashing.
const CHUNK_BYTES: usize = 256 << 10;

/// A part of a store that is listed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Versions,
    Quarantine,
    /// Content-addressed objects whose hash begins with this byte.
    Content(Area, u8),
}

/// An object, by a name that it has in every store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ObjectName {
    Version(VersionKey),
    Quarantined(VersionKey),
    /// Prefix of the area, and `<sha256>[.webp]`.
    Content(&'static str, String),
}

/// Counts of a copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Objects of the source so far.
    pub seen: u64,
    /// Were in the target already.
    pub present: u64,
    pub copied: u64,
    pub copied_bytes: u64,
    /// Were deleted or moved between the listing and the copy.
    pub vanished: u64,
}

/// All sections: packs before quarantine, so that one that is moved meanwhile is found there.
pub fn sections(areas: &[Area]) -> Vec<Section> {
    let content = areas
        .iter()
        .flat_map(|area| (0..=u8::MAX).map(|first| Section::Content(*area, first)));
    [Section::Versions, Section::Quarantine]
        .into_iter()
        .chain(content)
        .collect()
}

/// Copies the objects of a section that the target lacks. The bytes of content-addressed objects are compared with their hash.
///
/// # Errors
/// A store does not answer, or an object of the source is damaged. What was copied stays.
pub async fn copy(from: &Store, to: &Store, section: Section, counts: &mut Copied) -> io::Result<()> {
    let present: HashMap<_, _> = to.list(section).await?.into_iter().collect();
    for (name, size_bytes) in from.list(section).await? {
        counts.seen += 1;
        if present.get(&name) == Some(&size_bytes) {
            counts.present += 1;
            continue;
        }
        match copy_one(from, to, &name).await {
            Ok(bytes) => {
                counts.copied += 1;
                counts.copied_bytes += bytes;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => counts.vanished += 1,
            Err(error) => return Err(io::Error::new(error.kind(), format!("copying {name}: {error}"))),
        }
    }
    Ok(())
}

/// The names of the objects of a section.
///
/// # Errors
/// The store does not answer.
pub async fn names(store: &Store, section: Section) -> io::Result<Vec<String>> {
    let listed = store.list(section).await?;
    Ok(listed.iter().map(|(name, _)| name.to_string()).collect())
}

/// Reads every object of a section and compares the content-addressed ones with their hash. Returns the damaged ones.
///
/// # Errors
/// The store does not answer.
pub async fn verify(store: &Store, section: Section, counts: &mut Copied) -> io::Result<Vec<String>> {
    let mut damaged = Vec::new();
    for (name, size_bytes) in store.list(section).await? {
        counts.seen += 1;
        let read = async { announced(store, &store.open_named(&name).await?).await };
        match read.await {
            Ok(found) if found.size_bytes == size_bytes && name.fits(&found) => counts.present += 1,
            Ok(_) => damaged.push(name.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => counts.vanished += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(damaged)
}

async fn copy_one(from: &Store, to: &Store, name: &ObjectName) -> io::Result<u64> {
    let mut file = from.open_named(name).await?;
    let found = announced(from, &file).await?;
    if !name.fits(&found) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its bytes do not have the hash that is its name",
        ));
    }
    let temporary = Temporary::new(to.root(), to.disk());
    let path = temporary.path().to_owned();
    let written = to.examine(move || {
        file.rewind()?;
        let mut copy = std::fs::File::create_new(path)?;
        io::copy(&mut file, &mut copy)?;
        copy.sync_all()
    });
    written.await?;
    to.put_named(name, temporary, found).await?;
    Ok(found.size_bytes)
}

async fn announced(store: &Store, file: &std::fs::File) -> io::Result<Announced> {
    let mut file = file.try_clone()?;
    let read = store.examine(move || {
        let (mut hasher, mut chunk, mut size_bytes) = (Sha256::new(), vec![0; CHUNK_BYTES], 0);
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                count => {
                    hasher.update(&chunk[..count]);
                    size_bytes += count as u64;
                }
            }
        }
        Ok(Announced {
            size_bytes,
            sha256: hasher.finalize().into(),
        })
    });
    read.await
}

impl ObjectName {
    /// False for content-addressed objects with other bytes than their name says.
    fn fits(&self, found: &Announced) -> bool {
        match self {
            Self::Version(_) | Self::Quarantined(_) => true,
            Self::Content(_, name) => name.split('.').next() == Some(&hex::encode(found.sha256)),
        }
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(key) => write!(f, "uploads/{}/{}", key.object_id, key.version),
            Self::Quarantined(key) => write!(f, "quarantine/{}/{}", key.object_id, key.version),
            Self::Content(area, name) => write!(f, "{area}/{name}"),
        }
    }
}
