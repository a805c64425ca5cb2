//! Where the pictures go: a folder that mirrors the input, or a tar; and beside it the journal and the list of failures.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use tradepost_render::presets::Preset;

use super::failures::{Failure, Failures};
use super::journal::{self, Done, Journal, Stamp, Terms};
use super::tar;
use tradepost_jail::Image;

/// Ctrl-C and the like leave no more than this to be written, in bytes of tar.
pub const PAGE_BYTES: usize = 8 << 20;

/// What happens with what an earlier run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// Taken up when there is a journal.
    GoOn,
    /// There must be one.
    MustGoOn,
    StartOver,
}

/// The place of the pictures.
#[derive(Debug)]
pub enum Place {
    Folder(PathBuf),
    Tar(PathBuf),
    /// Standard output, or a device: written once, from its beginning, without a journal.
    Stream(PathBuf),
}

/// Takes what the threads have drawn.
pub struct Output {
    folder: Option<PathBuf>,
    modified: u64,
    sink: Mutex<Sink>,
}

struct Sink {
    tar: Option<File>,
    tar_bytes: u64,
    journal: Option<Journal>,
    failures: Failures,
}

/// What one thread has drawn and not yet handed in.
#[derive(Debug, Default)]
pub struct Page {
    tar: Vec<u8>,
    /// Where in the page the file's entries end, what it was, and its name.
    drawn: Vec<(usize, Stamp, String)>,
    failed: Vec<(String, Failure)>,
}

impl Place {
    /// `-`, a device, a name that ends in `.tar`, or anything else, which is a folder.
    pub fn new(out: &Path, is_tar: bool) -> Self {
        if out == Path::new("-") {
            return Self::Stream(out.to_owned());
        }
        let is_other = out.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir());
        match (
            is_other,
            is_tar || out.extension().is_some_and(|extension| extension == "tar"),
        ) {
            (true, _) => Self::Stream(out.to_owned()),
            (false, true) => Self::Tar(out.to_owned()),
            (false, false) => Self::Folder(out.to_owned()),
        }
    }

    /// Where the journal is, and the list of failures.
    fn beside(&self) -> Option<(PathBuf, PathBuf)> {
        match self {
            Self::Folder(folder) => Some((folder.join(".tradepost-render.journal"), folder.join("failures.tsv"))),
            Self::Tar(path) => {
                let with = |ending: &str| {
                    let mut name = path.clone().into_os_string();
                    name.push(ending);
                    PathBuf::from(name)
                };
                Some((with(".journal"), with(".failures.tsv")))
            }
            Self::Stream(_) => None,
        }
    }
}

impl Output {
    /// Makes the place ready and says what an earlier run has done.
    ///
    /// # Errors
    /// When it cannot be written to, or what is there is of another run.
    pub fn open(place: &Place, earlier: Earlier, presets_hash: &str) -> anyhow::Result<(Self, Done)> {
        if let Place::Folder(folder) = place {
            std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        }
        let beside = place.beside();
        let (journal, failures, layout) = match (&beside, place) {
            (None, _) => (None, None, "tar"),
            (Some((journal, failures)), Place::Folder(_)) => (Some(journal), Some(failures), "folder"),
            (Some((journal, failures)), _) => (Some(journal), Some(failures), "tar"),
        };
        let terms = Terms { presets_hash, layout };
        let (journal, done, tar_bytes) = match journal {
            None if earlier == Earlier::MustGoOn => bail!("nothing can be taken up again that was written to a stream"),
            None => (None, Done::default(), 0),
            Some(path) => {
                settle(place, path, earlier)?;
                let found = Journal::open(path, terms)?;
                (Some(found.journal), found.done, found.tar_bytes)
            }
        };
        let tar = match place {
            Place::Folder(_) => None,
            Place::Tar(path) => Some(open_tar(path, tar_bytes)?),
            Place::Stream(path) if path == Path::new("-") => Some(standard_output()?),
            Place::Stream(path) => Some(open_to_write(path)?),
        };
        let output = Self {
            folder: match place {
                Place::Folder(folder) => Some(folder.clone()),
                Place::Tar(_) | Place::Stream(_) => None,
            },
            modified: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_secs()),
            sink: Mutex::new(Sink {
                tar,
                tar_bytes,
                journal,
                failures: Failures::new(failures.cloned()),
            }),
        };
        Ok((output, done))
    }

    /// Writes the pictures of one file, or notes them on the page. Answers with their bytes.
    ///
    /// # Errors
    /// When the disk does not take them. A name that the disk cannot have is noted as the file's failure.
    pub fn take(
        &self,
        page: &mut Page,
        (name, stamp): (String, Stamp),
        presets: &[Preset],
        pictures: &[Image],
    ) -> anyhow::Result<u64> {
        let called = |preset: &Preset| format!("{name}/{}.{}", preset.name, preset.format.as_str());
        match &self.folder {
            None => {
                for (preset, picture) in presets.iter().zip(pictures) {
                    tar::append(&mut page.tar, &called(preset), &picture.bytes, self.modified);
                }
            }
            Some(folder) => {
                let written = write_files(&folder.join(&name), presets, pictures);
                match written {
                    Err(error) if is_of_the_name(&error) => {
                        page.failed.push((name, Failure::new("unwritable", error.to_string())));
                        return Ok(0);
                    }
                    other => {
                        other.with_context(|| format!("writing the pictures of {name} to {}", folder.display()))?
                    }
                }
            }
        }
        page.drawn.push((page.tar.len(), stamp, name));
        Ok(pictures.iter().map(|picture| picture.bytes.len() as u64).sum())
    }

    /// Hands in a page: the tar first, then the journal, so that whatever is in the journal is in the tar.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub fn commit(&self, page: &mut Page) -> anyhow::Result<()> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let before = sink.tar_bytes;
        if let Some(tar) = &mut sink.tar {
            tar.write_all(&page.tar).context("writing the tar")?;
            sink.tar_bytes += page.tar.len() as u64;
        }
        let in_tar = sink.tar.is_some();
        if let Some(journal) = &mut sink.journal {
            let line = |(end, stamp, name): &(usize, Stamp, String)| {
                journal::line(if in_tar { before + *end as u64 } else { 0 }, *stamp, name)
            };
            journal.append(&page.drawn.iter().map(line).collect::<String>())?;
        }
        for (name, failure) in page.failed.drain(..) {
            sink.failures.add(&name, &failure)?;
        }
        page.tar.clear();
        page.drawn.clear();
        Ok(())
    }

    /// Ends the tar and gives what failed.
    ///
    /// # Errors
    /// When the disk does not take its end.
    pub fn finish(self) -> anyhow::Result<Failures> {
        let mut sink = self.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(tar) = &mut sink.tar {
            tar.write_all(&tar::END).context("writing the end of the tar")?;
        }
        Ok(sink.failures)
    }
}

impl Page {
    /// Notes a file that there are no pictures of.
    pub fn fail(&mut self, name: String, failure: Failure) {
        self.failed.push((name, failure));
    }

    /// Whether it is time to hand it in.
    pub fn is_full(&self) -> bool {
        self.tar.len() >= PAGE_BYTES
    }
}

/// Sees to what an earlier run left.
fn settle(place: &Place, journal: &Path, earlier: Earlier) -> anyhow::Result<()> {
    let is_there = journal.exists();
    match (earlier, place) {
        (Earlier::MustGoOn, _) => ensure!(
            is_there,
            "there is nothing to take up again: no journal {}",
            journal.display()
        ),
        (Earlier::StartOver, _) if is_there => {
            std::fs::remove_file(journal).with_context(|| format!("deleting the journal {}", journal.display()))?;
        }
        (Earlier::GoOn, Place::Tar(path)) if !is_there => ensure!(
            !path.exists(),
            "{} is there already and has no journal: --fresh overwrites it",
            path.display()
        ),
        _ => {}
    }
    Ok(())
}

/// Opens the tar and cuts off what the journal does not know of.
fn open_tar(path: &Path, bytes: u64) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(false).open(path);
    let mut tar = opened.with_context(|| format!("opening {}", path.display()))?;
    let there = tar
        .metadata()
        .with_context(|| format!("looking at {}", path.display()))?
        .len();
    ensure!(
        there >= bytes,
        "{} has {there} bytes, but its journal says {bytes}: --fresh starts over and overwrites",
        path.display()
    );
    tar.set_len(bytes)
        .with_context(|| format!("cutting {} back", path.display()))?;
    tar.seek(SeekFrom::End(0))?;
    Ok(tar)
}

fn open_to_write(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().write(true).open(path);
    opened.with_context(|| format!("opening {}", path.display()))
}

fn standard_output() -> anyhow::Result<File> {
    use std::os::fd::AsFd as _;
    let descriptor = io::stdout().as_fd().try_clone_to_owned();
    Ok(File::from(descriptor.context("taking the standard output")?))
}

fn write_files(folder: &Path, presets: &[Preset], pictures: &[Image]) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir_all(folder)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    for (preset, picture) in presets.iter().zip(pictures) {
        let name = format!("{}.{}", preset.name, preset.format.as_str());
        std::fs::write(folder.join(name), &picture.bytes)?;
    }
    Ok(())
}

/// Faults that other files do not have.
fn is_of_the_name(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory};
    matches!(
        error.kind(),
        AlreadyExists | InvalidFilename | IsADirectory | NotADirectory
    )
}
