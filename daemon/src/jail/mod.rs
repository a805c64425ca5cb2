//! Child processes that open hostile bytes: every uploaded ZIP, SVG and picture is parsed in one, never in the daemon.
//!
//! A [`Jail`] is a pool of long-lived children of this same binary (`tradepostd jail-child`), one file at a time each. They start when there is
//! work, leave after [`Limits::idle`], are replaced after [`Limits::recycle_after`] files, and are killed with their process group when they
//! run out of time, break the protocol, or when whoever waited for them no longer does. The input comes as a descriptor, never as a path.

mod check;
mod spawn;
mod talk;
mod types;
mod wire;

pub use self::spawn::COMMAND as CHILD_COMMAND;
pub use self::types::{JailError, Limits, Member, OpenedPack, Rendered, Rendition};

pub mod child;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, mpsc};

use self::talk::{Errand, Interrupt, Replies, Stop, misbehaved};
use self::wire::{Bounds, Job, Reply, Request};
use tradepost_inspect::pack::PackLimits;
use tradepost_render::presets::Preset;
use tradepost_render::sheet::SheetSpec;

/// The pool. Clones share it; when the last one goes, every child is killed.
#[derive(Clone)]
pub struct Jail {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Limits,
    places: Arc<Semaphore>,
    pool: spawn::Pool,
}

impl Jail {
    /// A pool of at most `children` children of `executable` (this binary: `/proc/self/exe` in the daemon). Starts nothing yet.
    pub fn new(executable: PathBuf, children: usize, limits: Limits) -> Self {
        let pool = spawn::Pool::new(executable, limits.idle, limits.recycle_after);
        Self {
            inner: Arc::new(Inner {
                limits,
                places: Arc::new(Semaphore::new(children.max(1))),
                pool,
            }),
        }
    }

    /// How many children there are now, idle or at work.
    pub fn children(&self) -> u32 {
        self.inner.pool.alive()
    }

    /// Opens a pack: checks the whole listing, the manifest and every member, then sends the members in the manifest's order.
    ///
    /// `Refused` carries every fault found, before any member was sent. When the receiver goes away the work stops with `Broken`.
    /// The file is read through its descriptor from the start, whatever its position.
    pub async fn open_pack(
        &self,
        file: File,
        limits: PackLimits,
        members: mpsc::Sender<Member>,
    ) -> Result<OpenedPack, JailError> {
        let bounds = Bounds {
            head_bytes: 8 << 20,
            blobs: 1,
            blob_bytes: limits.member_bytes,
        };
        let Limits {
            pack_wall, pack_cpu, ..
        } = self.inner.limits;
        let errand = self.errand(
            Request::OpenPack { limits },
            Some(file),
            Vec::new(),
            bounds,
            (pack_wall, pack_cpu),
        );
        self.run(errand, move |replies| read_pack(replies, &members)).await
    }

    /// Judges one file of a pack and draws it in every preset. `path` is only for the findings.
    pub async fn render(&self, file: File, path: &str, presets: &[Preset]) -> Result<Rendered, JailError> {
        let presets = presets.to_vec();
        let Limits {
            wall, cpu, svg_bytes, ..
        } = self.inner.limits;
        let request = Request::Render {
            path: path.to_owned(),
            max_bytes: svg_bytes,
            presets: presets.clone(),
        };
        let bounds = Bounds {
            head_bytes: 1 << 20,
            blobs: presets.len() as u32,
            blob_bytes: 64 << 20,
        };
        let errand = self.errand(request, Some(file), Vec::new(), bounds, (wall, cpu));
        self.run(errand, move |replies| match replies.next()? {
            (
                Reply::Rendered {
                    natural_width,
                    natural_height,
                    findings,
                    pictures,
                },
                blobs,
            ) => {
                let renditions = check::renditions(pictures, blobs, &presets)?;
                Ok(Rendered {
                    natural_width,
                    natural_height,
                    findings: check::findings(findings),
                    renditions,
                })
            }
            _ => Err(misbehaved("another reply than a rendering")),
        })
        .await
    }

    /// Draws a contact sheet of PNG renditions: one rendition (`sheet`) in each format of the spec.
    pub async fn sheet(&self, tiles: Vec<Bytes>, spec: SheetSpec) -> Result<Vec<Rendition>, JailError> {
        let presets = spec.presets();
        let Limits { wall, cpu, .. } = self.inner.limits;
        let bounds = Bounds {
            head_bytes: 1 << 20,
            blobs: presets.len() as u32,
            blob_bytes: 64 << 20,
        };
        let errand = self.errand(Request::Sheet { spec }, None, tiles, bounds, (wall, cpu));
        self.run(errand, move |replies| match replies.next()? {
            (Reply::Sheet { pictures }, blobs) => check::renditions(pictures, blobs, &presets),
            _ => Err(misbehaved("another reply than a sheet")),
        })
        .await
    }

    fn errand(
        &self,
        request: Request,
        file: Option<File>,
        blobs: Vec<Bytes>,
        bounds: Bounds,
        (wall, cpu): (Duration, Duration),
    ) -> Errand {
        let job = Job {
            memory_bytes: self.inner.limits.memory_bytes,
            cpu_seconds: cpu.as_secs().max(1),
            request,
        };
        Errand {
            job,
            file,
            blobs,
            bounds,
            wall,
        }
    }

    /// Takes a place and a child, and talks to it on a thread that may block. Dropping the future ends the conversation and the child.
    async fn run<T: Send + 'static>(
        &self,
        errand: Errand,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, JailError> {
        let place = Arc::clone(&self.inner.places)
            .acquire_owned()
            .await
            .map_err(|error| JailError::Broken(error.into()))?;
        let child = self.inner.pool.take().await.map_err(JailError::Broken)?;
        let interrupt = Interrupt::new(&child).map_err(|error| JailError::Broken(error.into()))?;
        // The place and the child travel with the work, so that both stay taken until the child is idle or dead, even if nobody waits any more.
        let work = tokio::task::spawn_blocking(move || (talk::run(child, &errand, read), place));
        let ((child, result), _place) = work.await.map_err(|error| JailError::Broken(error.into()))?;
        interrupt.disarm();
        if let Some(child) = child {
            self.inner.pool.give_back(child);
        }
        result
    }
}

/// Reads the manifest, then exactly its members in its order, and passes them on.
fn read_pack(replies: &mut Replies<'_>, members: &mpsc::Sender<Member>) -> Result<OpenedPack, Stop> {
    let (Reply::Manifest { manifest }, _) = replies.next()? else {
        return Err(misbehaved("another reply than a manifest"));
    };
    let mut sent = 0;
    for file in &manifest.files {
        let member = match replies.next()? {
            (Reply::Member { path }, mut blobs) if path == file.path.as_str() && blobs.len() == 1 => {
                member(path, blobs.remove(0))
            }
            _ => return Err(misbehaved("another reply than the next member")),
        };
        let delivered = replies.off_the_clock(|| members.blocking_send(member));
        delivered.map_err(|_| Stop::Broken(anyhow::anyhow!("nobody takes the members of the pack any more")))?;
        sent += 1;
    }
    Ok(OpenedPack {
        manifest: *manifest,
        members: sent,
    })
}

fn member(path: String, bytes: Vec<u8>) -> Member {
    Member {
        path,
        size_bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        bytes: bytes.into(),
    }
}
