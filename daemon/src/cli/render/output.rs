//! Output of a run: a folder that mirrors the input, or a tar; and beside it the journal and the list of failures.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use tar::{Builder, Header};
use tradepost_jail::Image;
use tradepost_render::presets::Preset;

use super::failures::{Failure, FailureKind, Failures};
use super::journal::{self, Done, Journal, Layout, Stamp, Terms};

const TAR_BLOCK: usize = 512;
/// End of an archive.
const TAR_END: [u8; 2 * TAR_BLOCK] = [0; 2 * TAR_BLOCK];
/// Bytes of tar after which a page is committed.
const PAGE_BYTES: usize = 8 << 20;

/// Continuation of an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// Continues when there is a journal.
    IfPossible,
    /// There must be a journal.
    Always,
    /// Starts over.
    Never,
}

/// Destination of the images.
#[derive(Debug)]
pub enum Destination {
    Folder(PathBuf),
    Tar(PathBuf),
    /// Standard output, or a device: a tar that is written once, without a journal.
    Stream(PathBuf),
}

/// Takes the images of all threads.
pub struct Output {
    folder: Option<PathBuf>,
    /// Modification time of the entries of the tar, in seconds since 1970.
    modified: u64,
    sink: Mutex<Sink>,
}

struct Sink {
    tar: Option<File>,
    tar_bytes: u64,
    journal: Option<Journal>,
    failures: Failures,
}

/// Images of one thread that are not yet committed.
pub struct Page {
    tar: Builder<Vec<u8>>,
    /// End of a file's entries in the page, its stamp, and its name.
    drawn: Vec<(usize, Stamp, String)>,
    pub failed: Vec<(String, Failure)>,
}

impl Destination {
    /// `-`, a device, a name that ends in `.tar`, or anything else, which is a folder.
    pub fn parse(out: &Path) -> Self {
        match Self::parse_tar(out) {
            Self::Tar(path) if path.extension().is_none_or(|extension| extension != "tar") => Self::Folder(path),
            other => other,
        }
    }

    /// `-`, a device, or a tar of any name.
    pub fn parse_tar(out: &Path) -> Self {
        let is_device = || out.metadata().is_ok_and(|about| !about.is_file() && !about.is_dir());
        if out == Path::new("-") || is_device() {
            Self::Stream(out.to_owned())
        } else {
            Self::Tar(out.to_owned())
        }
    }

    /// Paths of the journal and of the list of failures.
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
    /// Opens or creates the output. Returns it with the files that an earlier run has drawn.
    ///
    /// # Errors
    /// It cannot be written to, or has something else than an earlier run of the same presets.
    pub fn open(destination: &Destination, resume: Resume, presets_hash: &str) -> anyhow::Result<(Self, Done)> {
        let (layout, folder) = match destination {
            Destination::Folder(folder) => (Layout::Folder, Some(folder.clone())),
            Destination::Tar(_) | Destination::Stream(_) => (Layout::Tar, None),
        };
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        }
        let (journal, failures) = destination.beside().unzip();
        let (journal, done, tar_bytes) = match journal {
            None if resume == Resume::Always => bail!("nothing can be taken up again that was written to a stream"),
            None => (None, Done::default(), 0),
            Some(path) => {
                check_earlier(destination, &path, resume)?;
                let opened = Journal::open(&path, Terms { presets_hash, layout })?;
                (Some(opened.journal), opened.done, opened.tar_bytes)
            }
        };
        let tar = match destination {
            Destination::Folder(_) => None,
            Destination::Tar(path) => Some(open_tar(path, tar_bytes)?),
            Destination::Stream(path) if path == Path::new("-") => Some(standard_output()?),
            Destination::Stream(path) => Some(open_stream(path)?),
        };
        let output = Self {
            folder,
            modified: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_secs()),
            sink: Mutex::new(Sink {
                tar,
                tar_bytes,
                journal,
                failures: Failures::new(failures),
            }),
        };
        Ok((output, done))
    }

    /// Writes the images of one file, or puts them on the page. Returns their bytes.
    ///
    /// # Errors
    /// The disk does not take them. A name that the disk cannot have is recorded as the failure of the file.
    pub fn take(
        &self,
        page: &mut Page,
        (name, stamp): (String, Stamp),
        presets: &[Preset],
        images: &[Image],
    ) -> anyhow::Result<u64> {
        let written = match &self.folder {
            Some(folder) => write_files(&folder.join(&name), presets, images),
            None => page.append(&name, presets, images, self.modified),
        };
        match written {
            Err(error) if is_of_the_name(&error) => {
                let failure = Failure::new(FailureKind::Unwritable, error.to_string());
                page.failed.push((name, failure));
                return Ok(0);
            }
            other => other.with_context(|| format!("writing the pictures of {name}"))?,
        }
        page.drawn.push((page.tar.get_ref().len(), stamp, name));
        Ok(images.iter().map(|image| image.bytes.len() as u64).sum())
    }

    /// Writes a page: the tar first, then the journal, so that all that is in the journal is in the tar.
    pub fn commit(&self, page: &mut Page) -> anyhow::Result<()> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let before = sink.tar_bytes;
        if let Some(tar) = &mut sink.tar {
            tar.write_all(page.tar.get_ref()).context("writing the tar")?;
            sink.tar_bytes += page.tar.get_ref().len() as u64;
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
        page.tar.get_mut().clear();
        page.drawn.clear();
        Ok(())
    }

    /// Ends the tar. Returns the failures.
    pub fn finish(self) -> anyhow::Result<Failures> {
        let mut sink = self.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(tar) = &mut sink.tar {
            tar.write_all(&TAR_END).context("writing the end of the tar")?;
        }
        Ok(sink.failures)
    }
}

impl Default for Page {
    fn default() -> Self {
        Self {
            tar: Builder::new(Vec::new()),
            drawn: Vec::new(),
            failed: Vec::new(),
        }
    }
}

impl Page {
    /// True when it is time to commit.
    pub fn is_full(&self) -> bool {
        self.tar.get_ref().len() >= PAGE_BYTES
    }

    /// Adds the entries of one file.
    fn append(&mut self, name: &str, presets: &[Preset], images: &[Image], modified: u64) -> io::Result<()> {
        for (preset, image) in presets.iter().zip(images) {
            let mut header = Header::new_gnu();
            header.set_mode(0o644);
            header.set_mtime(modified);
            header.set_size(image.bytes.len() as u64);
            let path = format!("{name}/{}.{}", preset.name, preset.format.as_str());
            // The header only: the builder would copy the bytes through a small buffer.
            self.tar.append_data(&mut header, path, io::empty())?;
            let tar = self.tar.get_mut();
            tar.extend_from_slice(&image.bytes);
            tar.resize(tar.len().next_multiple_of(TAR_BLOCK), 0);
        }
        Ok(())
    }
}

/// Checks that the run may begin; deletes the journal of a run that starts over.
fn check_earlier(destination: &Destination, journal: &Path, resume: Resume) -> anyhow::Result<()> {
    let exists = journal.exists();
    match (resume, destination) {
        (Resume::Always, _) => ensure!(
            exists,
            "there is nothing to take up again: no journal {}",
            journal.display()
        ),
        (Resume::Never, _) if exists => {
            std::fs::remove_file(journal).with_context(|| format!("deleting the journal {}", journal.display()))?;
        }
        (Resume::IfPossible, Destination::Tar(path)) if !exists => ensure!(
            !path.exists(),
            "{} is there already and has no journal: --fresh overwrites it",
            path.display()
        ),
        _ => {}
    }
    Ok(())
}

/// Opens the tar and truncates it to what the journal knows of.
fn open_tar(path: &Path, bytes: u64) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(false).open(path);
    let mut tar = opened.with_context(|| format!("opening {}", path.display()))?;
    let length = tar
        .metadata()
        .with_context(|| format!("looking at {}", path.display()))?
        .len();
    ensure!(
        length >= bytes,
        "{} has {length} bytes, but its journal says {bytes}: --fresh starts over and overwrites",
        path.display()
    );
    tar.set_len(bytes)
        .with_context(|| format!("cutting {} back", path.display()))?;
    tar.seek(SeekFrom::End(0))?;
    Ok(tar)
}

fn open_stream(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().write(true).open(path);
    opened.with_context(|| format!("opening {}", path.display()))
}

fn standard_output() -> anyhow::Result<File> {
    use std::os::fd::AsFd as _;
    let descriptor = io::stdout().as_fd().try_clone_to_owned();
    Ok(File::from(descriptor.context("taking the standard output")?))
}

fn write_files(folder: &Path, presets: &[Preset], images: &[Image]) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir_all(folder)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    for (preset, image) in presets.iter().zip(images) {
        let name = format!("{}.{}", preset.name, preset.format.as_str());
        std::fs::write(folder.join(name), &image.bytes)?;
    }
    Ok(())
}

/// True for errors that other files do not have.
fn is_of_the_name(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory};
    matches!(
        error.kind(),
        AlreadyExists | InvalidFilename | IsADirectory | NotADirectory
    )
}
