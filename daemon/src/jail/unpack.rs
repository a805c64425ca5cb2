//! Takes a ZIP apart that need not be a pack, file by file, for a thread that may block.

use std::fs::File;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow};

use super::talk::{self, Errand, Replies, Stop, misbehaved};
use super::wire::{Bounds, Job, Reply, Request};
use super::{BATCH_FILES, Jail, JailError, Leash, Loose, check};

/// The largest archive that is taken apart, in bytes.
const PACKED_BYTES: u64 = 64 << 30;
/// The most files, folders and everything else in one.
const ENTRIES: u64 = 5_000_000;

/// What comes out of an archive.
#[derive(Debug)]
pub enum Unpacked {
    /// First of all: how many files follow.
    Files(u64),
    File {
        file: Loose,
        /// As the archive says and the child has proven.
        crc32: u32,
    },
    /// A file that could not be taken out, and why.
    Damaged { path: String, detail: String },
}

/// An archive that is being taken apart. Ends when it is dropped.
pub struct Unpacking {
    inbox: Option<Receiver<Unpacked>>,
    leash: Leash,
    work: Option<JoinHandle<Result<(), JailError>>>,
}

impl Jail {
    /// Begins to take a ZIP apart, in a child of its own.
    ///
    /// # Errors
    /// When no child or thread can be started.
    pub fn unpack(&self, file: File) -> anyhow::Result<Unpacking> {
        let child = self.inner.pool.take_blocking()?;
        let leash = Leash::default();
        leash.hold(child.socket.try_clone().context("holding the child")?);
        let errand = self.unpack_errand(file);
        let (outbox, inbox) = sync_channel(BATCH_FILES);
        let (inner, held) = (std::sync::Arc::clone(&self.inner), leash.clone());
        let work = std::thread::Builder::new()
            .name("unpack".to_owned())
            .spawn(move || {
                let (child, result) = talk::run(child, &errand, |replies| read(replies, &outbox));
                if let Some(child) = child.filter(|_| held.let_go()) {
                    inner.pool.give_back(child);
                }
                result
            })
            .context("starting the thread that unpacks")?;
        Ok(Unpacking {
            inbox: Some(inbox),
            leash,
            work: Some(work),
        })
    }

    fn unpack_errand(&self, file: File) -> Errand {
        let limits = &self.inner.limits;
        Errand {
            job: Job {
                memory_bytes: limits.memory_bytes,
                cpu_seconds: limits.pack_cpu.as_secs().max(1),
                request: Request::Unpack {
                    packed_bytes: PACKED_BYTES,
                    entries: ENTRIES,
                    file_bytes: limits.file_bytes,
                },
            },
            file: Some(file),
            blobs: Vec::new(),
            bounds: Bounds {
                head_bytes: 8 << 20,
                blobs: 1,
                blob_bytes: limits.file_bytes,
            },
            wall: limits.pack_wall,
        }
    }
}

impl Unpacking {
    /// The next piece of news; `None` at the end.
    ///
    /// # Errors
    /// Why the archive could not be taken apart, or not to its end.
    pub fn receive(&mut self) -> Result<Option<Unpacked>, JailError> {
        if let Some(news) = self.inbox.as_ref().and_then(|inbox| inbox.recv().ok()) {
            return Ok(Some(news));
        }
        match self.work.take().map(JoinHandle::join) {
            None => Ok(None),
            Some(Ok(result)) => result.map(|()| None),
            Some(Err(_)) => Err(JailError::Broken(anyhow!("the thread that unpacks panicked"))),
        }
    }
}

impl Drop for Unpacking {
    fn drop(&mut self) {
        self.leash.pull();
        self.inbox = None;
        if let Some(work) = self.work.take() {
            let _ = work.join();
        }
    }
}

fn read(replies: &mut Replies<'_>, outbox: &SyncSender<Unpacked>) -> Result<(), Stop> {
    let (Reply::Listing { files }, _) = replies.next()? else {
        return Err(misbehaved("another reply than how many files there are"));
    };
    let send = |replies: &mut Replies<'_>, news| {
        let sent = replies.off_the_clock(|| outbox.send(news));
        sent.map_err(|_| Stop::Broken(anyhow!("nobody takes the files any more")))
    };
    send(replies, Unpacked::Files(files))?;
    for _ in 0..files {
        let news = match replies.next()? {
            (Reply::Loose { path, crc32 }, mut blobs) if blobs.len() == 1 => Unpacked::File {
                file: Loose {
                    path,
                    bytes: blobs.remove(0).into(),
                },
                crc32,
            },
            (Reply::Damaged { path, detail }, _) => Unpacked::Damaged {
                path,
                detail: check::shorten(&detail),
            },
            _ => return Err(misbehaved("another reply than the next file")),
        };
        send(replies, news)?;
        replies.restart_clock();
    }
    match replies.next()? {
        (Reply::UnpackEnd, _) => Ok(()),
        _ => Err(misbehaved("more files than there were")),
    }
}
