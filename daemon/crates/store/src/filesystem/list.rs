//! Objects in a directory by their names, for copies.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::Files;
use crate::VersionKey;
use crate::copy::{ObjectName, Section};
use crate::temporary::{Temporary, sync_directories};

impl Files {
    /// The objects of a section, and their sizes.
    pub(crate) async fn list(&self, section: Section) -> io::Result<Vec<(ObjectName, u64)>> {
        let root = self.root.clone();
        self.disk
            .call(move || match section {
                Section::Versions => versions(&root.join("uploads"), ObjectName::Version),
                Section::Quarantine => versions(&root.join("quarantine"), ObjectName::Quarantined),
                Section::Content(area, first) => {
                    let found = entries(&root.join(area.prefix).join(hex::encode([first])))?;
                    let named = found
                        .into_iter()
                        .map(|(name, _, size)| (ObjectName::Content(area.prefix, name), size));
                    Ok(named.collect())
                }
            })
            .await
    }

    pub(crate) async fn open_named(&self, name: &ObjectName) -> io::Result<std::fs::File> {
        let path = self.named_path(name);
        self.disk.call(move || std::fs::File::open(path)).await
    }

    /// Moves a temporary file to where an object of this name is.
    pub(crate) async fn put_named(&self, name: &ObjectName, temporary: Temporary) -> io::Result<()> {
        let path = self.named_path(name);
        self.disk
            .call(move || temporary.rename(&path).and_then(sync_directories))
            .await
    }

    fn named_path(&self, name: &ObjectName) -> PathBuf {
        match name {
            ObjectName::Version(key) => self.version_path("uploads", key),
            ObjectName::Quarantined(key) => self.version_path("quarantine", key),
            ObjectName::Content(area, name) => self.root.join(area).join(&name[..2]).join(name),
        }
    }
}

fn versions(folder: &Path, named: fn(VersionKey) -> ObjectName) -> io::Result<Vec<(ObjectName, u64)>> {
    let mut found = Vec::new();
    for (name, path, _) in entries(folder)? {
        let Ok(object_id) = Uuid::parse_str(&name) else {
            continue;
        };
        let versions = entries(&path)?.into_iter();
        found.extend(versions.map(|(version, _, size)| (named(VersionKey { object_id, version }), size)));
    }
    Ok(found)
}

/// Names, paths and sizes in a folder; none when it is not there.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf, u64)>> {
    let listed = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let entry = entry?;
        match (entry.file_name().into_string(), entry.metadata()) {
            (Ok(name), Ok(about)) => found.push((name, entry.path(), about.len())),
            // It was deleted meanwhile, or is nobody's.
            (Err(_), _) | (_, Err(_)) => {}
        }
    }
    Ok(found)
}
