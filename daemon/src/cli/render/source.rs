//! Where the files come from: folders, ZIPs, buckets and single files, one after the other, never all at once in memory.

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

use self::members::next_member;
use self::s3::{Access, Coming, Feed, Location};
use self::walk::{Walk, Walks, entry_at};
use super::journal::{Done, Stamp};
use tradepost_jail::{ArchiveReader, Jail};

/// One file to draw.
#[derive(Debug)]
pub struct Entry {
    /// What its pictures are called after: a path with `/`, relative, without `.` and `..`.
    pub name: String,
    pub stamp: Stamp,
    pub content: Content,
}

/// Where the bytes are.
#[derive(Debug)]
pub enum Content {
    At(PathBuf),
    Here(Bytes),
    /// On their way from a bucket.
    Coming(Coming),
    /// Left in the bucket: an earlier run has drawn them.
    Drawn,
    /// Nowhere, and why.
    Unreadable(String),
}

/// Why there are no bytes.
#[derive(Debug)]
pub enum Unread {
    /// It concerns this file only.
    File(String),
    /// It concerns the whole input.
    Input(anyhow::Error),
    /// Somebody wanted the run to end.
    Stopped,
}

impl Entry {
    fn unreadable(name: String, why: String) -> Self {
        let stamp = Stamp { size_bytes: 0, mark: 0 };
        Self {
            name,
            stamp,
            content: Content::Unreadable(why),
        }
    }

    /// The bytes, one more than `most` at most.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub fn read(self, most: u64) -> Result<Bytes, Unread> {
        match self.content {
            Content::Here(bytes) => Ok(bytes),
            Content::Coming(coming) => coming.wait(),
            Content::Drawn => Err(Unread::File(
                "was drawn by an earlier run, and not fetched again".to_owned(),
            )),
            Content::Unreadable(why) => Err(Unread::File(why)),
            Content::At(path) => {
                let mut bytes = Vec::with_capacity(self.stamp.size_bytes.min(1 << 20) as usize + 1);
                let read = File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
                read.map(|_| bytes.into())
                    .map_err(|error| Unread::File(error.to_string()))
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

/// The inputs, walked as often as was asked for.
pub struct Source {
    /// With what its names begin: nothing when there is one input only.
    inputs: Vec<(String, Input)>,
    jail: Jail,
    access: Access,
    /// What earlier runs have drawn need not be fetched.
    pub done: Arc<Done>,
    repeat: u32,
    round: u32,
    next: usize,
    open: Option<Open>,
    /// Buckets that were listed to their end, and whose last objects are still coming.
    ending: Vec<Feed>,
    /// Files that no picture is made of.
    pub passed_over: u64,
    /// Files that archives said they have, since somebody last took the number.
    pub announced: u64,
}

enum Open {
    Walk(Walk),
    Zip(ArchiveReader, PathBuf),
    /// Until it was given.
    File(Option<PathBuf>),
    Bucket(Feed),
}

impl Source {
    /// Looks at what was named.
    ///
    /// # Errors
    /// When there is no such input, or two that would be called the same.
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
            ending: Vec::new(),
            passed_over: 0,
            announced: 0,
        })
    }

    /// The folders among the inputs.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.inputs.iter().filter_map(|(_, input)| match input {
            Input::Folder(path) => Some(path.as_path()),
            Input::Zip(_) | Input::File(_) | Input::Bucket(_) => None,
        })
    }

    /// The next file; `None` at the end.
    ///
    /// # Errors
    /// When an input as a whole cannot be read.
    pub fn take(&mut self) -> anyhow::Result<Option<Entry>> {
        while self.round < self.repeat {
            let Some((prefix, input)) = self.inputs.get(self.next) else {
                (self.round, self.next) = (self.round + 1, 0);
                continue;
            };
            if self.open.is_none() {
                self.open = Some(self.opened(prefix, input)?);
            }
            let found = match self.open.as_mut() {
                Some(Open::Walk(walk)) => walk.take(&mut self.passed_over),
                Some(Open::Zip(unpacking, path)) => {
                    let from = || format!("taking {} apart", path.display());
                    next_member(unpacking, &mut self.passed_over, &mut self.announced).with_context(from)?
                }
                Some(Open::Bucket(feed)) => feed.take(&mut self.passed_over)?,
                Some(Open::File(path)) => match path.take() {
                    Some(path) => Some(entry_at(own_name(&path)?, path.clone(), path.metadata())),
                    None => None,
                },
                None => None,
            };
            match found {
                Some(mut entry) => {
                    entry.name = self.naming(prefix).name(&entry.name);
                    return Ok(Some(entry));
                }
                None => {
                    if let Some(Open::Bucket(feed)) = self.open.take() {
                        self.ending.retain(|feed| !feed.has_ended());
                        self.ending.push(feed);
                    }
                    self.next += 1;
                }
            }
        }
        Ok(None)
    }

    /// What has to be walked to know how many files there are.
    pub fn to_count(&self) -> Walks {
        Walks {
            inputs: self.inputs.iter().map(|(_, input)| input.clone()).collect(),
            repeat: self.repeat,
        }
    }

    fn naming(&self, prefix: &str) -> Naming {
        let round = (self.repeat > 1).then(|| self.round + 1);
        Naming {
            before: round.map_or(String::new(), |round| format!("r{round:06}/")) + prefix,
        }
    }

    fn opened(&self, prefix: &str, input: &Input) -> anyhow::Result<Open> {
        Ok(match input {
            Input::Folder(path) => Open::Walk(Walk::new(path)?),
            Input::File(path) => Open::File(Some(path.clone())),
            Input::Zip(path) => {
                let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
                Open::Zip(self.jail.unpack(file)?, path.clone())
            }
            Input::Bucket(location) => {
                let (naming, done) = (self.naming(prefix), self.done.clone());
                let is_done = move |name: &str, stamp| done.contains(&naming.name(name), stamp);
                Open::Bucket(Feed::start(location, &self.access, Box::new(is_done))?)
            }
        })
    }
}

/// What goes before the names of an input.
struct Naming {
    before: String,
}

impl Naming {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.before)
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

/// The last part of a path, as the path is when nothing in it is relative.
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
