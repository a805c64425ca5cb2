//! Goes through a folder and those below it.

use std::fs::{Metadata, ReadDir};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::Context as _;
use tradepost_inspect::media::Family;

use super::super::journal::Stamp;
use super::{Content, Entry, Input};

/// Folders in folders; each holds a descriptor while it is walked.
const MAX_DEPTH: usize = 128;

/// A folder and those in it, in the order of the disk. Links to folders are not followed, so that there is no circle.
pub struct Walk {
    stack: Vec<(ReadDir, String)>,
    root: PathBuf,
}

impl Walk {
    /// At its beginning.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn new(root: &Path) -> anyhow::Result<Self> {
        let folder = root
            .read_dir()
            .with_context(|| format!("reading the folder {}", root.display()))?;
        Ok(Self {
            stack: vec![(folder, String::new())],
            root: root.to_owned(),
        })
    }

    /// The next file; counts those that no picture is made of.
    pub fn take(&mut self, passed_over: &mut u64) -> Option<Entry> {
        match self.next_path(passed_over)? {
            Ok(name) => {
                let path = self.root.join(&name);
                let about = path.metadata();
                Some(entry_at(name, path, about))
            }
            Err(entry) => Some(entry),
        }
    }

    /// The name of the next file that a picture is made of.
    pub fn next_path(&mut self, passed_over: &mut u64) -> Option<Result<String, Entry>> {
        loop {
            let (folder, inside) = self.stack.last_mut()?;
            let Some(found) = folder.next() else {
                self.stack.pop();
                continue;
            };
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    let inside = format!("{inside}.");
                    self.stack.pop();
                    return Some(Err(Entry::unreadable(inside, format!("reading the folder: {error}"))));
                }
            };
            let name = format!("{inside}{}", found.file_name().to_string_lossy());
            let kind = match found.file_type() {
                Ok(kind) if kind.is_symlink() => match found.path().metadata() {
                    Ok(about) if about.is_dir() => continue,
                    Ok(about) => about.file_type(),
                    Err(error) => return Some(Err(Entry::unreadable(name, error.to_string()))),
                },
                Ok(kind) => kind,
                Err(error) => return Some(Err(Entry::unreadable(name, error.to_string()))),
            };
            if kind.is_dir() {
                match self.enter(found.path(), &name) {
                    Ok(()) => continue,
                    Err(why) => return Some(Err(Entry::unreadable(name, why))),
                }
            }
            if !kind.is_file() || Family::of_path(&name).is_none() {
                *passed_over += 1;
                continue;
            }
            if found.file_name().to_str().is_none() {
                let why = "its name is not UTF-8".to_owned();
                return Some(Err(Entry::unreadable(name, why)));
            }
            return Some(Ok(name));
        }
    }

    fn enter(&mut self, path: PathBuf, name: &str) -> Result<(), String> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(format!("lies more than {MAX_DEPTH} folders deep"));
        }
        let folder = path
            .read_dir()
            .map_err(|error| format!("reading the folder: {error}"))?;
        self.stack.push((folder, format!("{name}/")));
        Ok(())
    }
}

/// Inputs whose files are only counted.
pub struct Walks {
    pub(super) inputs: Vec<Input>,
    pub(super) repeat: u32,
}

impl Walks {
    /// How many files the folders and single files have; stops when it should. Archives say it themselves; of
    /// buckets nobody knows, and listing them twice has its price: 0 when there is one.
    pub fn count(&self, mut goes_on: impl FnMut() -> bool) -> u64 {
        let mut count = 0;
        for input in &self.inputs {
            match input {
                Input::File(_) => count += 1,
                Input::Zip(_) => {}
                Input::Bucket(_) => return 0,
                Input::Folder(path) => {
                    let Ok(mut walk) = Walk::new(path) else { continue };
                    while goes_on() && walk.next_path(&mut 0).is_some() {
                        count += 1;
                    }
                }
            }
        }
        count * u64::from(self.repeat)
    }
}

/// The file at a path.
pub fn entry_at(name: String, path: PathBuf, about: std::io::Result<Metadata>) -> Entry {
    let about = match about {
        Ok(about) => about,
        Err(error) => return Entry::unreadable(name, error.to_string()),
    };
    let since_1970 = about
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mark = since_1970.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    Entry {
        name,
        stamp: Stamp {
            size_bytes: about.len(),
            mark,
        },
        content: Content::At(path),
    }
}
