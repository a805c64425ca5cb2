//! Child processes that open hostile bytes: every uploaded ZIP, SVG and picture is parsed in one, never in the daemon.
//!
//! A [`Jail`] is a pool of long-lived children of this same binary (`tradepostd jail-child`), one file at a time each. They start when there is
//! work, leave after [`Limits::idle`], are replaced after [`Limits::recycle_after`] files, and are killed with their process group when they
//! run out of time, break the protocol, or when whoever waited for them no longer does. The input comes as a descriptor, never as a path.

mod bulk;
mod check;
mod compare;
mod confine;
mod pace;
mod spawn;
mod talk;
mod types;
mod unpack;
mod wire;

pub use self::bulk::{BATCH_BYTES, BATCH_FILES, Drawn, DrawnPicture, Lane, Leash, Loose, Priority};
pub use self::confine::{Confinement, Walls, confine};
pub use self::spawn::COMMAND as CHILD_COMMAND;
pub use self::types::{JailError, Limits, Member, OpenedPack, Published, Rendered, Rendition};
pub use self::unpack::{Unpacked, Unpacking};

pub mod child;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use self::pace::{Pace, Place, Start, Turn};
use self::spawn::Child;
use self::talk::{Errand, Interrupt, Replies, Stop, misbehaved};
use self::wire::{Bounds, Job, Reply, Request};
use tradepost_inspect::pack::PackLimits;
use tradepost_render::presets::Preset;
use tradepost_render::sheet::SheetSpec;

/// How often a slow file in a place for quick ones is looked after.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The pool. Clones share it; when the last one goes, every child is killed.
#[derive(Clone)]
pub struct Jail {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Limits,
    /// Files: hostile, and quick as a rule.
    pace: Pace,
    /// Packs and sheets, which files do not wait for.
    works: Pace,
    /// Batches of files, which nobody waits for.
    bulk: Pace,
    pool: spawn::Pool,
    /// Children at the lowest priority.
    bulk_pool: spawn::Pool,
}

impl Jail {
    /// A pool of children of `executable` (this binary: `/proc/self/exe` in the daemon): at most `children` for files, as many for packs and
    /// sheets, and [`Limits::slow_places`] for files that take long. Starts nothing yet.
    pub fn new(executable: PathBuf, children: usize, limits: Limits) -> Self {
        Self::with_walls(executable, children, limits, Walls::ALL)
    }

    /// The same, without some of the walls around a child.
    pub fn with_walls(executable: PathBuf, children: usize, limits: Limits, walls: Walls) -> Self {
        let recipe = spawn::Recipe { executable, walls };
        let pool = || spawn::Pool::new(recipe.clone(), limits.idle, limits.recycle_after);
        Self {
            inner: Arc::new(Inner {
                pace: Pace::new(children, limits.slow_places),
                works: Pace::new(children, 1),
                bulk: Pace::new(children, 1),
                pool: pool(),
                bulk_pool: pool(),
                limits,
            }),
        }
    }

    /// How many children there are now, idle or at work.
    pub fn children(&self) -> u32 {
        self.inner.pool.alive() + self.inner.bulk_pool.alive()
    }

    /// What holds the children; `None` until the first one was started.
    pub fn confinement(&self) -> Option<Confinement> {
        self.inner.pool.confinement()
    }

    /// Starts a child and lets it go idle, to know what holds it.
    ///
    /// # Errors
    /// When none can be started.
    pub async fn probe(&self) -> anyhow::Result<Confinement> {
        let child = self.inner.pool.take().await?;
        self.inner.pool.give_back(child);
        self.confinement().context("a child that did not say what holds it")
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

    /// Judges one file of a pack and draws it in every preset. `hash` is its SHA-256; `path` is only for the findings.
    pub async fn render(
        &self,
        file: File,
        hash: &[u8; 32],
        path: &str,
        presets: &[Preset],
    ) -> Result<Rendered, JailError> {
        let presets = presets.to_vec();
        let Limits {
            wall,
            cpu,
            svg_bytes,
            file_bytes,
            ..
        } = self.inner.limits;
        let request = Request::Render {
            path: path.to_owned(),
            max_bytes: file_bytes,
            max_svg_bytes: svg_bytes,
            presets: presets.clone(),
        };
        let bounds = Bounds {
            head_bytes: 1 << 20,
            blobs: presets.len() as u32 + 1,
            blob_bytes: 64 << 20,
        };
        let errand = self.errand(request, Some(file), Vec::new(), bounds, (wall, cpu));
        self.run_file(hash, errand, move |replies| {
            let (reply, blobs) = replies.next()?;
            check::opened(reply, blobs, &presets)
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

    /// Opens a hostile file: quick ones first, slow ones out of their way.
    async fn run_file<T: Send + 'static>(
        &self,
        hash: &[u8; 32],
        errand: Errand,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, JailError> {
        let pace = &self.inner.pace;
        let (place, slow) = match pace.start(hash).await.map_err(JailError::Broken)? {
            Start::Quick(place) => (place, false),
            Start::Slow(place) => (place, true),
            Start::PutOff => return Err(JailError::Busy),
        };
        let mut child = self.inner.pool.take().await.map_err(JailError::Broken)?;
        let process = child.process_id();
        if slow {
            pace::lower(process);
            child.mark_slowed();
        }
        let mut talk = self.talk(child, Arc::clone(&place), errand, read)?;
        let mut patience = self.inner.limits.slow_after;
        let (mut aside, mut lowered) = (slow, slow);
        let done = loop {
            if aside {
                break talk.work.await;
            }
            if let Ok(done) = tokio::time::timeout(patience, &mut talk.work).await {
                break done;
            }
            if !lowered {
                pace::lower(process);
                lowered = true;
            }
            match pace.slow_down(hash, &place) {
                Turn::Aside => aside = true,
                Turn::Stay => patience = LOOK_AGAIN,
                // Dropping the conversation ends it.
                Turn::PutOff => return Err(JailError::Busy),
            }
        };
        pace.forget(hash);
        self.take_back(talk.interrupt, done, lowered)
    }

    /// Does work whose time is known: a pack's, or on pictures of our own.
    async fn run<T: Send + 'static>(
        &self,
        errand: Errand,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, JailError> {
        let place = self.inner.works.place().await.map_err(JailError::Broken)?;
        let child = self.inner.pool.take().await.map_err(JailError::Broken)?;
        let talk = self.talk(child, place, errand, read)?;
        let done = talk.work.await;
        self.take_back(talk.interrupt, done, false)
    }

    /// Talks to a child on a thread that may block. Dropping the conversation ends it, and the child.
    fn talk<T: Send + 'static>(
        &self,
        child: Child,
        place: Place,
        errand: Errand,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<Talk<T>, JailError> {
        let interrupt = Interrupt::new(&child).map_err(|error| JailError::Broken(error.into()))?;
        // The place travels with the work, so that it stays taken until the child is idle or dead, even if nobody waits any more.
        let work = tokio::task::spawn_blocking(move || {
            let (child, result) = talk::run(child, &errand, read);
            drop(place);
            (child, result)
        });
        Ok(Talk { work, interrupt })
    }

    fn take_back<T>(
        &self,
        interrupt: Interrupt,
        done: Result<(Option<Child>, Result<T, JailError>), tokio::task::JoinError>,
        slowed: bool,
    ) -> Result<T, JailError> {
        let (child, result) = done.map_err(|error| JailError::Broken(error.into()))?;
        interrupt.disarm();
        if let Some(mut child) = child {
            if slowed {
                child.mark_slowed();
            }
            self.inner.pool.give_back(child);
        }
        result
    }
}

/// A conversation that is going on.
struct Talk<T> {
    work: tokio::task::JoinHandle<(Option<Child>, Result<T, JailError>)>,
    interrupt: Interrupt,
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
