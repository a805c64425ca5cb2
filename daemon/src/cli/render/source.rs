//! Input of a run: folders, ZIPs, buckets and single files, one after the other, never all at once in memory.

mod members;
pub mod s3;
mod walk;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use tradepost_inspect::media::Family;
use tradepost_jail::{ArchiveReader, Jail};

use self::members::next_member;
use self::s3::{Access, Location, ObjectReader};
use self::walk::{Counting, Walk, entry_at};
use super::journal::{Done, Stamp};

/// One file to draw.
#[derive(Debug)]
pub struct Entry {
    /// Folder of its images: a relative path with `/`, without `.` and `..`.
    pub name: String,
    pub stamp: Stamp,
    pub content: Content,
}

/// Location of the bytes.
#[derive(Debug)]
pub enum Content {
    At(PathBuf),
    InMemory(Bytes),
    /// Left in the bucket: an earlier run has drawn them.
    Drawn,
    /// Nowhere; the reason.
    Unreadable(String),
}

impl Entry {
    fn unreadable(name: String, reason: String) -> Self {
        let stamp = Stamp { size_bytes: 0, mark: 0 };
        Self {
            name,
            stamp,
            content: Content::Unreadable(reason),
        }
    }

    /// Reads the bytes, one more than `most` at most.
    pub fn read(self, most: u64) -> Result<Bytes, String> {
        match self.content {
            Content::InMemory(bytes) => Ok(bytes),
            Content::Drawn => Err("was drawn by an earlier run, and not fetched again".to_owned()),
            Content::Unreadable(reason) => Err(reason),
            Content::At(path) => {
                let mut bytes = Vec::with_capacity(self.stamp.size_bytes.min(1 << 20) as usize + 1);
                let read = File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
                read.map(|_| bytes.into()).map_err(|error| error.to_string())
            }
        }
    }
}

/// One of the inputs that were named.
#[derive(Debug, Clone)]
enum Input {
    Folder(PathBuf),
    Zip(PathBuf),
    File(PathBuf),
    Bucket(Location),
}

/// The inputs, walked as often as `--repeat` says.
pub struct Source {
    /// Prefix of the names of each input: empty when there is one input only.
    inputs: Vec<(String, Input)>,
    jail: Jail,
    access: Access,
    /// Objects that earlier runs have drawn are not fetched.
    pub done: Arc<Done>,
    repeat: u32,
    round: u32,
    next: usize,
    open: Option<OpenInput>,
    /// Files of other kinds.
    pub passed_over: u64,
    /// Files that archives have announced since the number was last taken.
    pub announced: u64,
}

enum OpenInput {
    Walk(Walk),
    Zip(ArchiveReader, PathBuf),
    /// `None` once it was returned.
    File(Option<PathBuf>),
    Bucket(ObjectReader),
}

impl Source {
    /// Checks the inputs.
    ///
    /// # Errors
    /// An input does not exist, or two have the same name.
    pub fn new(named: &[String], repeat: u32, jail: Jail, access: Access) -> anyhow::Result<Self> {
        let mut inputs = Vec::with_capacity(named.len());
        for name in named {
            let input = classify(name, &access)?;
            let prefix = match &input {
                _ if named.len() == 1 => String::new(),
                Input::Bucket(location) => format!("{}/", location.own_name()),
                Input::Folder(path) | Input::Zip(path) | Input::File(path) => own_name(path)? + "/",
            };
            let is_new = prefix.is_empty() || inputs.iter().all(|(other, _)| *other != prefix);
            ensure!(
                is_new,
                "two inputs are called {prefix:?}: their pictures would be one another's"
            );
            inputs.push((prefix, input));
        }
        Ok(Self {
            inputs,
            jail,
            access,
            done: Arc::default(),
            repeat,
            round: 0,
            next: 0,
            open: None,
            passed_over: 0,
            announced: 0,
        })
    }

    /// Folders among the inputs.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.inputs.iter().filter_map(|(_, input)| match input {
            Input::Folder(path) => Some(path.as_path()),
            Input::Zip(_) | Input::File(_) | Input::Bucket(_) => None,
        })
    }

    /// Returns the next file; `None` at the end.
    pub fn take(&mut self) -> anyhow::Result<Option<Entry>> {
        while self.round < self.repeat {
            let Some((prefix, input)) = self.inputs.get(self.next) else {
                (self.round, self.next) = (self.round + 1, 0);
                continue;
            };
            if self.open.is_none() {
                self.open = Some(self.open(prefix, input)?);
            }
            let found = match self.open.as_mut() {
                Some(OpenInput::Walk(walk)) => walk.take(&mut self.passed_over),
                Some(OpenInput::Zip(archive, path)) => {
                    let from = || format!("taking {} apart", path.display());
                    next_member(archive, &mut self.passed_over, &mut self.announced).with_context(from)?
                }
                Some(OpenInput::Bucket(reader)) => reader.take(&mut self.passed_over)?,
                Some(OpenInput::File(path)) => match path.take() {
                    Some(path) => Some(entry_at(own_name(&path)?, path.clone(), path.metadata())),
                    None => None,
                },
                None => None,
            };
            match found {
                Some(mut entry) => {
                    entry.name = self.full_prefix(prefix) + &entry.name;
                    return Ok(Some(entry));
                }
                None => {
                    self.open = None;
                    self.next += 1;
                }
            }
        }
        Ok(None)
    }

    /// Inputs to count.
    pub fn to_count(&self) -> Counting {
        Counting {
            inputs: self.inputs.iter().map(|(_, input)| input.clone()).collect(),
            repeat: self.repeat,
        }
    }

    /// Prefix of the names of an input in this round.
    fn full_prefix(&self, prefix: &str) -> String {
        let round = (self.repeat > 1).then(|| self.round + 1);
        round.map_or(String::new(), |round| format!("r{round:06}/")) + prefix
    }

    fn open(&self, prefix: &str, input: &Input) -> anyhow::Result<OpenInput> {
        Ok(match input {
            Input::Folder(path) => OpenInput::Walk(Walk::new(path)?),
            Input::File(path) => OpenInput::File(Some(path.clone())),
            Input::Zip(path) => {
                let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
                OpenInput::Zip(self.jail.unpack(file)?, path.clone())
            }
            Input::Bucket(location) => {
                let (prefix, done) = (self.full_prefix(prefix), self.done.clone());
                let is_done = move |name: &str, stamp| done.contains(&format!("{prefix}{name}"), stamp);
                OpenInput::Bucket(ObjectReader::start(
                    location.clone(),
                    self.access.clone(),
                    Box::new(is_done),
                )?)
            }
        })
    }
}

fn classify(name: &str, access: &Access) -> anyhow::Result<Input> {
    if name.starts_with(s3::SCHEME) {
        let location = Location::parse(name)?;
        s3::check(&location, access)?;
        return Ok(Input::Bucket(location));
    }
    let path = PathBuf::from(name);
    let about = path.metadata().with_context(|| format!("the input {name}"))?;
    if about.is_dir() {
        return Ok(Input::Folder(path));
    }
    ensure!(about.is_file(), "the input {name} is neither a folder nor a file");
    if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
    {
        return Ok(Input::Zip(path));
    }
    if Family::of_path(name).is_none() {
        bail!("the input {name} is neither a folder, nor a ZIP (.zip), nor a file that a picture is made of");
    }
    Ok(Input::File(path))
}

/// Last part of a path; of a relative one, of the absolute path.
fn own_name(path: &Path) -> anyhow::Result<String> {
    let whole = path
        .canonicalize()
        .with_context(|| format!("the input {}", path.display()))?;
    let name = path.file_name().or(whole.file_name());
    let name = name.and_then(|name| name.to_str()).map(str::to_owned);
    name.with_context(|| {
        format!(
            "the input {} has no name that pictures could be called after",
            path.display()
        )
    })
}
