//! Unpacks a ZIP that need not be a pack, file by file.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow};

use crate::cancel::Cancel;
use crate::exchange::{Exchange, Replies};
use crate::failure::Failure;
use crate::pool::Pools;
use crate::protocol::{BATCH_FILES, Reply, Request, Unpack};
use crate::types::{InputFile, JailError, Priority};
use crate::validate;

/// Largest archive that is unpacked, in bytes.
const PACKED_BYTES: u64 = 64 << 30;
/// Most entries of an archive, folders included.
const ENTRIES: u64 = 5_000_000;

/// Output of an [`ArchiveReader`].
#[derive(Debug)]
pub enum ArchiveEntry {
    /// Number of files that follow; comes first.
    Count(u64),
    File {
        file: InputFile,
        /// As the archive says; the child has verified it.
        crc32: u32,
    },
    /// A file that could not be inflated.
    Damaged { path: String, detail: String },
}

/// An archive that a child unpacks. Dropping it ends that.
pub struct ArchiveReader {
    inbox: Option<Receiver<ArchiveEntry>>,
    cancel: Cancel,
    work: Option<JoinHandle<Result<(), JailError>>>,
}

impl ArchiveReader {
    pub(crate) fn start(pools: Arc<Pools>, archive: File) -> anyhow::Result<Self> {
        let child = pools.get(Priority::Normal).take_blocking()?;
        let cancel = Cancel::default();
        cancel.begin(&child).context("preparing to cancel")?;
        let file_bytes = pools.limits.file_bytes;
        let request = Request::Unpack(Unpack {
            packed_bytes: PACKED_BYTES,
            entries: ENTRIES,
            file_bytes,
        });
        let exchange = Exchange::for_archive(&pools.limits, request, archive, file_bytes);
        let (outbox, inbox) = sync_channel(BATCH_FILES);
        let running = cancel.clone();
        let work = std::thread::Builder::new()
            .name("unpack".to_owned())
            .spawn(move || {
                let (child, result) = exchange.run(child, |replies| read(replies, &outbox));
                if let Some(child) = child.filter(|_| running.end()) {
                    pools.get(Priority::Normal).give_back(child);
                }
                result
            })
            .context("starting the thread that unpacks")?;
        Ok(Self {
            inbox: Some(inbox),
            cancel,
            work: Some(work),
        })
    }

    /// Waits for the next entry; `None` at the end.
    ///
    /// # Errors
    /// The archive could not be unpacked to its end.
    pub fn receive(&mut self) -> Result<Option<ArchiveEntry>, JailError> {
        if let Some(entry) = self.inbox.as_ref().and_then(|inbox| inbox.recv().ok()) {
            return Ok(Some(entry));
        }
        match self.work.take().map(JoinHandle::join) {
            None => Ok(None),
            Some(Ok(result)) => result.map(|()| None),
            Some(Err(_)) => Err(JailError::Broken(anyhow!("the thread that unpacks panicked"))),
        }
    }
}

impl Drop for ArchiveReader {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.inbox = None;
        if let Some(work) = self.work.take() {
            let _ = work.join();
        }
    }
}

fn read(replies: &mut Replies<'_>, outbox: &SyncSender<ArchiveEntry>) -> Result<(), Failure> {
    let (Reply::Listing { files }, _) = replies.next()? else {
        return Err(Failure::protocol("another reply than the number of files"));
    };
    let send = |replies: &mut Replies<'_>, entry| {
        let sent = replies.pause_deadline(|| outbox.send(entry));
        sent.map_err(|_| Failure::Broken(anyhow!("nobody takes the files any more")))
    };
    send(replies, ArchiveEntry::Count(files))?;
    for _ in 0..files {
        let entry = match replies.next()? {
            (Reply::File { path, crc32 }, mut blobs) if blobs.len() == 1 => ArchiveEntry::File {
                file: InputFile {
                    path,
                    bytes: blobs.remove(0).into(),
                },
                crc32,
            },
            (Reply::Damaged { path, detail }, _) => ArchiveEntry::Damaged {
                path,
                detail: validate::shorten(&detail),
            },
            _ => return Err(Failure::protocol("another reply than the next file")),
        };
        send(replies, entry)?;
        replies.restart_deadline();
    }
    match replies.next()? {
        (Reply::UnpackEnd, _) => Ok(()),
        _ => Err(Failure::protocol("more files than there were")),
    }
}
