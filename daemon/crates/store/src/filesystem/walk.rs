//! A walk through the versions in a directory.

use std::fs::{DirEntry, ReadDir};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use uuid::Uuid;

use crate::VersionKey;
use crate::disk::Disk;

/// Objects in a batch.
const BATCH: usize = 500;

/// A walk that stands between two objects.
#[derive(Debug)]
pub(crate) struct FileWalk {
    disk: Disk,
    objects: ReadDir,
    before: SystemTime,
}

impl FileWalk {
    pub(super) fn start(disk: Disk, folder: &Path, before: SystemTime) -> io::Result<Self> {
        let objects = std::fs::read_dir(folder)?;
        Ok(Self { disk, objects, before })
    }

    /// The versions of the next objects, and the rest of the walk. `None`: that was all.
    pub(crate) async fn next(mut self) -> io::Result<Option<(Vec<VersionKey>, Self)>> {
        let disk = self.disk.clone();
        let next = disk.call(move || {
            let objects = self.objects.by_ref().take(BATCH).collect::<io::Result<Vec<_>>>()?;
            if objects.is_empty() {
                return Ok(None);
            }
            let mut keys = Vec::new();
            for object in objects {
                keys.extend(versions(&object, self.before)?);
            }
            Ok(Some((keys, self)))
        });
        next.await
    }
}

/// Versions of an object. What is deleted meanwhile is not among them.
fn versions(object: &DirEntry, before: SystemTime) -> io::Result<Vec<VersionKey>> {
    let name = object.file_name().into_string().ok();
    let Some(object_id) = name.and_then(|name| Uuid::parse_str(&name).ok()) else {
        return Ok(Vec::new());
    };
    let entries = match std::fs::read_dir(object.path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let is_old = |entry: &DirEntry| {
        let modified = entry.metadata().and_then(|about| about.modified());
        modified.is_ok_and(|modified| modified < before)
    };
    let old = entries.filter_map(Result::ok).filter(is_old);
    let names = old.filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.map(|version| VersionKey { object_id, version }).collect())
}

/// Deletes the files of a folder and those below it that were changed before `before`. Returns their number.
pub(super) fn delete_files_before(folder: &Path, before: SystemTime) -> io::Result<u64> {
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
