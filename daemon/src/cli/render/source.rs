//! Where the files come from: folders, ZIPs and single files, one after the other, never all at once in memory.

mod walk;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use tradepost_inspect::media::Family;

use self::walk::{Walk, entry_at};
use super::journal::Stamp;
use crate::jail::{Jail, Unpacked, Unpacking};

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
    /// Nowhere, and why.
    Unreadable(String),
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
    pub fn read(self, most: u64) -> Result<Bytes, String> {
        match self.content {
            Content::Here(bytes) => Ok(bytes),
            Content::Unreadable(why) => Err(why),
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
}

/// The inputs, walked as often as was asked for.
pub struct Source {
    /// With what its names begin: nothing when there is one input only.
    inputs: Vec<(String, Input)>,
    jail: Jail,
    repeat: u32,
    round: u32,
    next: usize,
    open: Option<Open>,
    /// Files that no picture is made of.
    pub passed_over: u64,
    /// Files that archives said they have, since somebody last took the number.
    pub announced: u64,
}

enum Open {
    Walk(Walk),
    Zip(Unpacking),
    /// Until it was given.
    File(Option<PathBuf>),
}

impl Source {
    /// Looks at what was named.
    ///
    /// # Errors
    /// When there is no such input, or two that would be called the same.
    pub fn new(named: &[String], repeat: u32, jail: Jail) -> anyhow::Result<Self> {
        let mut inputs = Vec::with_capacity(named.len());
        for name in named {
            let input = classify(name)?;
            let prefix = if named.len() == 1 {
                String::new()
            } else {
                own_name(Path::new(name))? + "/"
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
            repeat,
            round: 0,
            next: 0,
            open: None,
            passed_over: 0,
            announced: 0,
        })
    }

    /// The folders among the inputs.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.inputs.iter().filter_map(|(_, input)| match input {
            Input::Folder(path) => Some(path.as_path()),
            Input::Zip(_) | Input::File(_) => None,
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
                self.open = Some(open(input, &self.jail)?);
            }
            let found = match self.open.as_mut() {
                Some(Open::Walk(walk)) => walk.take(&mut self.passed_over),
                Some(Open::Zip(unpacking)) => {
                    let from = || format!("taking {} apart", input.path().display());
                    next_member(unpacking, &mut self.passed_over, &mut self.announced).with_context(from)?
                }
                Some(Open::File(path)) => match path.take() {
                    Some(path) => Some(entry_at(own_name(&path)?, path.clone(), path.metadata())),
                    None => None,
                },
                None => None,
            };
            match found {
                Some(entry) => return Ok(Some(self.named(prefix, entry))),
                None => {
                    self.open = None;
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

    fn named(&self, prefix: &str, mut entry: Entry) -> Entry {
        if self.repeat > 1 {
            entry.name = format!("r{:06}/{prefix}{}", self.round + 1, entry.name);
        } else if !prefix.is_empty() {
            entry.name.insert_str(0, prefix);
        }
        entry
    }
}

/// Inputs whose files are only counted.
pub struct Walks {
    inputs: Vec<Input>,
    repeat: u32,
}

impl Walks {
    /// How many files the folders and single files have; stops when it should. Archives say it themselves.
    pub fn count(&self, mut goes_on: impl FnMut() -> bool) -> u64 {
        let mut count = 0;
        for input in &self.inputs {
            match input {
                Input::File(_) => count += 1,
                Input::Zip(_) => {}
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

impl Input {
    fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Zip(path) | Self::File(path) => path,
        }
    }
}

fn classify(name: &str) -> anyhow::Result<Input> {
    ensure!(
        !name.starts_with("s3://"),
        "{name}: this build reads folders, ZIPs and files; copy the bucket to a folder first (aws s3 sync)"
    );
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

fn open(input: &Input, jail: &Jail) -> anyhow::Result<Open> {
    Ok(match input {
        Input::Folder(path) => Open::Walk(Walk::new(path)?),
        Input::File(path) => Open::File(Some(path.clone())),
        Input::Zip(path) => {
            let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
            Open::Zip(jail.unpack(file)?)
        }
    })
}

fn next_member(unpacking: &mut Unpacking, passed_over: &mut u64, announced: &mut u64) -> anyhow::Result<Option<Entry>> {
    while let Some(news) = unpacking.receive()? {
        let (path, found) = match news {
            Unpacked::Files(count) => {
                *announced += count;
                continue;
            }
            Unpacked::File { file, crc32 } => (file.path, Ok((file.bytes, crc32))),
            Unpacked::Damaged { path, detail } => (path, Err(detail)),
        };
        if Family::of_path(&path).is_none() || path.starts_with("__MACOSX/") {
            *passed_over += 1;
            continue;
        }
        // The archive was checked by a child; a child may have been taken over.
        if !is_inside(&path) {
            bail!("the ZIP has a file that would lie elsewhere: {path:?}");
        }
        return Ok(Some(match found {
            Err(why) => Entry::unreadable(path, why),
            Ok((bytes, crc32)) => Entry {
                name: path,
                stamp: Stamp {
                    size_bytes: bytes.len() as u64,
                    mark: u64::from(crc32),
                },
                content: Content::Here(bytes),
            },
        }));
    }
    Ok(None)
}

/// Whether a path stays below the folder that it is joined to.
fn is_inside(path: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    path.split('/').all(is_plain) && !path.contains(['\0', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_outside_of_the_folder_is_seen() {
        for path in [
            "../a.svg",
            "a/../../b.svg",
            "/a.svg",
            "a//b.svg",
            "a/./b.svg",
            "a\\b.svg",
            "",
        ] {
            assert!(!is_inside(path), "{path:?}");
        }
        assert!(is_inside("a/b..c/.d.svg"));
    }
}
