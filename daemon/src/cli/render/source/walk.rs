//! Walks a folder and those below it.

use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::Context as _;
use tradepost_inspect::media::Family;
use walkdir::{DirEntry, IntoIter, WalkDir};

use super::super::journal::Stamp;
use super::{Content, Entry, Input};

/// Deepest folder that is walked; each folder above it holds a descriptor.
const MAX_DEPTH: usize = 128;

/// Files below a folder, in the order of the disk. Links to folders are not followed, so that there is no loop.
pub struct Walk {
    entries: IntoIter,
    root: PathBuf,
}

impl Walk {
    pub fn new(root: &Path) -> anyhow::Result<Self> {
        root.read_dir()
            .with_context(|| format!("reading the folder {}", root.display()))?;
        let walk = WalkDir::new(root).min_depth(1).max_depth(MAX_DEPTH).max_open(MAX_DEPTH);
        Ok(Self {
            entries: walk.into_iter(),
            root: root.to_owned(),
        })
    }

    /// Returns the next file; counts those of other kinds.
    pub fn take(&mut self, passed_over: &mut u64) -> Option<Entry> {
        Some(match self.next_file(passed_over)? {
            Ok((name, path)) => {
                let metadata = path.metadata();
                entry_at(name, path, metadata)
            }
            Err(unreadable) => unreadable,
        })
    }

    /// Name and path of the next file that is drawn, or an entry that can not be read.
    pub fn next_file(&mut self, passed_over: &mut u64) -> Option<Result<(String, PathBuf), Entry>> {
        loop {
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(self.unreadable(&error))),
            };
            let name = self.name(entry.path());
            let kind = match kind(&entry) {
                Ok(kind) => kind,
                Err(error) => return Some(Err(Entry::unreadable(name, error.to_string()))),
            };
            if kind.is_dir() {
                if entry.depth() < MAX_DEPTH || entry.path_is_symlink() {
                    continue;
                }
                let reason = format!("lies more than {MAX_DEPTH} folders deep");
                return Some(Err(Entry::unreadable(name, reason)));
            }
            if !kind.is_file() || Family::of_path(&name).is_none() {
                *passed_over += 1;
                continue;
            }
            if entry.file_name().to_str().is_none() {
                let reason = "its name is not UTF-8".to_owned();
                return Some(Err(Entry::unreadable(name, reason)));
            }
            return Some(Ok((name, entry.into_path())));
        }
    }

    fn name(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside.to_string_lossy().into_owned()
    }

    fn unreadable(&self, error: &walkdir::Error) -> Entry {
        let name = self.name(error.path().unwrap_or(&self.root));
        let reason = match error.io_error() {
            Some(error) => format!("reading the folder: {error}"),
            None => error.to_string(),
        };
        Entry::unreadable(name, reason)
    }
}

/// Type of an entry; of a link that of its target.
fn kind(entry: &DirEntry) -> io::Result<FileType> {
    match entry.file_type() {
        kind if kind.is_symlink() => Ok(entry.path().metadata()?.file_type()),
        kind => Ok(kind),
    }
}

/// Inputs whose files are only counted.
pub struct Counting {
    pub(super) inputs: Vec<Input>,
    pub(super) repeat: u32,
}

impl Counting {
    /// Counts the files of folders and single files until it is to stop. Archives announce their number themselves; with a bucket the total is not
    /// known, since listing it twice costs money: 0.
    pub fn count(&self, mut goes_on: impl FnMut() -> bool) -> u64 {
        let mut count = 0;
        for input in &self.inputs {
            match input {
                Input::File(_) => count += 1,
                Input::Zip(_) => {}
                Input::Bucket(_) => return 0,
                Input::Folder(path) => {
                    let Ok(mut walk) = Walk::new(path) else { continue };
                    while goes_on() && walk.next_file(&mut 0).is_some() {
                        count += 1;
                    }
                }
            }
        }
        count * u64::from(self.repeat)
    }
}

/// The file at a path.
pub fn entry_at(name: String, path: PathBuf, metadata: io::Result<Metadata>) -> Entry {
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(error) => return Entry::unreadable(name, error.to_string()),
    };
    let modified = metadata.modified().ok();
    let since_1970 = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mark = since_1970.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    Entry {
        name,
        stamp: Stamp {
            size_bytes: metadata.len(),
            mark,
        },
        content: Content::At(path),
    }
}
