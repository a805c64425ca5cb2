//! The jail: requests to the pool of children.

mod batch;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use tokio::sync::{Semaphore, mpsc};
use tradepost_inspect::pack::PackLimits;
use tradepost_render::compare::{Likeness, SAME_DB};
use tradepost_render::presets::{Format, Preset};
use tradepost_render::sheet::SheetSpec;

use crate::archive::ArchiveReader;
use crate::cancel::Cancel;
use crate::confinement::{Confinement, Layers};
use crate::exchange::{Exchange, Replies};
use crate::failure::Failure;
use crate::lane::Lane;
use crate::pacing::{Admission, Pacing, Throttling};
use crate::pack;
use crate::pool::Pools;
use crate::process::{self, ChildProgram};
use crate::protocol::{Reply, Request};
use crate::running::Running;
use crate::types::{
    DrawnFile, InputFile, JailError, LARGE_BYTES, Limits, Member, OpenedPack, Priority, Published, Rendered, Rendition,
    renditions,
};
use crate::validate;

/// Interval at which a slow file without a permit for slow files asks for one.
const THROTTLE_INTERVAL: Duration = Duration::from_millis(50);

/// A pool of children. Clones share it; when the last one goes, every child is killed.
#[derive(Clone)]
pub struct Jail {
    pools: Arc<Pools>,
    files: Arc<Pacing>,
    /// Permits for large packs and files.
    large: Arc<Pacing>,
    /// Permits for packs that are not large, contact sheets and comparisons; files do not wait for them.
    others: Arc<Semaphore>,
    /// Permits for batches.
    batches: Arc<Semaphore>,
}

impl Jail {
    /// Makes a jail of children of `executable` (`/proc/self/exe` in the daemon): at most `children` for files, as many for packs and contact
    /// sheets, as many for what is large ([`LARGE_BYTES`]), and [`Limits::slow_files`] for slow files. Starts nothing yet.
    pub fn new(executable: PathBuf, children: usize, limits: Limits) -> Self {
        Self::with_layers(executable, children, limits, Layers::ALL)
    }

    /// As [`Self::new`], with some layers of confinement only.
    pub fn with_layers(executable: PathBuf, children: usize, limits: Limits, layers: Layers) -> Self {
        let permits = || Arc::new(Semaphore::new(children.max(1)));
        let slow = Arc::new(Semaphore::new(limits.slow_files.max(1)));
        Self {
            files: Arc::new(Pacing::new(children, &slow)),
            large: Arc::new(Pacing::new(children, &slow)),
            others: permits(),
            batches: permits(),
            pools: Arc::new(Pools::new(ChildProgram { executable, layers }, limits)),
        }
    }

    /// Number of children, idle or at work.
    pub fn children(&self) -> u32 {
        self.pools.alive()
    }

    /// Confinement of the children; `None` until the first one was started.
    pub fn confinement(&self) -> Option<Confinement> {
        self.pools.get(Priority::Normal).confinement()
    }

    /// Starts a child, if none is idle, to learn its confinement.
    pub async fn probe(&self) -> anyhow::Result<Confinement> {
        let pool = self.pools.get(Priority::Normal);
        pool.give_back(pool.take().await?);
        self.confinement()
            .context("a child that did not report its confinement")
    }

    /// Opens a pack: checks the whole listing, the manifest and every member, then sends the members in the manifest's order.
    ///
    /// The file is read through its descriptor from the start, whatever its position.
    ///
    /// # Errors
    /// `Refused` has every fault that was found, before any member was sent. `Broken` when the receiver goes away.
    pub async fn open_pack(
        &self,
        file: File,
        limits: PackLimits,
        members: mpsc::Sender<Member>,
    ) -> Result<OpenedPack, JailError> {
        let member_bytes = limits.member_bytes;
        let request = Request::OpenPack { limits };
        let priority = priority(size_of(&file)?);
        let exchange = Exchange::for_archive(&self.pools.limits, request, file, member_bytes);
        self.run(priority, exchange, move |replies| pack::read(replies, &members))
            .await
    }

    /// Inspects one file of a pack and draws it in every preset. `hash` is its SHA-256; `path` is only for the findings.
    pub async fn render(
        &self,
        file: File,
        hash: &[u8; 32],
        path: &str,
        presets: &[Preset],
    ) -> Result<Rendered, JailError> {
        let (presets, size_bytes) = (presets.to_vec(), size_of(&file)?);
        let limits = &self.pools.limits;
        let request = Request::Render {
            path: path.to_owned(),
            max_bytes: limits.file_bytes,
            max_svg_bytes: limits.svg_bytes,
            presets: presets.clone(),
        };
        let mut exchange = Exchange::new(limits, request, presets.len() + 1);
        exchange.file = Some(file);
        self.run_file((hash, size_bytes), exchange, move |replies| {
            let (reply, blobs) = replies.next()?;
            validate::opened(reply, blobs, &presets)
        })
        .await
    }

    /// Draws a contact sheet of PNG renditions: one rendition (`sheet`) in each format of the spec.
    pub async fn sheet(&self, tiles: Vec<Bytes>, spec: SheetSpec) -> Result<Vec<Rendition>, JailError> {
        let presets = spec.presets();
        let mut exchange = Exchange::new(&self.pools.limits, Request::Sheet { spec }, presets.len());
        exchange.blobs = tiles;
        self.run(Priority::Normal, exchange, move |replies| match replies.next()? {
            (Reply::Sheet { heights }, blobs) => {
                let images = validate::images(heights, blobs, &presets)?;
                Ok(renditions(images, &presets))
            }
            _ => Err(Failure::protocol("another reply than a sheet")),
        })
        .await
    }

    /// Compares two PNG or WebP images: how alike they are, and a PNG of the differences. `None` when their sizes differ, or one can not be read.
    pub async fn compare(&self, old: Bytes, new: Bytes) -> Result<Option<(Likeness, Bytes)>, JailError> {
        let mut exchange = Exchange::new(&self.pools.limits, Request::Compare, 1);
        exchange.blobs = vec![old, new];
        self.run(Priority::Normal, exchange, |replies| {
            let (Reply::Compared { likeness }, mut blobs) = replies.next()? else {
                return Err(Failure::protocol("another reply than a comparison"));
            };
            let Some(likeness) = likeness else { return Ok(None) };
            let is_valid = (0.0..=SAME_DB).contains(&likeness.psnr_db) && (0.0..=1.0).contains(&likeness.differing);
            match blobs.pop() {
                Some(image) if is_valid && blobs.is_empty() && Format::Png.is_magic_of(&image) => {
                    Ok(Some((likeness, image.into())))
                }
                _ => Err(Failure::protocol("an impossible comparison")),
            }
        })
        .await
    }

    /// Draws files that were inspected before, at the lowest priority: one result for each file, in their order, and the processor time of the
    /// children.
    ///
    /// Findings, published bytes and fingerprint are left empty. At most [`Jail::new`]'s `children` calls work at once; the others wait. Dropping
    /// the future ends the work and its child.
    pub async fn render_many(
        &self,
        files: Vec<InputFile>,
        presets: &Arc<[Preset]>,
    ) -> (Vec<Result<Rendered, JailError>>, Duration) {
        let count = files.len();
        let permit = match Arc::clone(&self.batches).acquire_owned().await {
            Ok(permit) => permit,
            Err(error) => return (fill(Vec::new(), count, &error.into()), Duration::ZERO),
        };
        let cancel = Cancel::default();
        let _cancel_on_drop = cancel.on_drop();
        let (mut lane, presets) = (
            self.lane(presets, Priority::Lowest).with_cancel(cancel),
            Arc::clone(presets),
        );
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut results = Vec::with_capacity(files.len());
            let drawn = lane.draw(&files, |_, result| {
                results.push(result.map(|drawn| rendered(drawn, &presets)));
                Ok(())
            });
            let results = match drawn {
                Ok(()) => results,
                Err(error) => fill(results, files.len(), &error),
            };
            (results, lane.cpu())
        });
        work.await
            .unwrap_or_else(|error| (fill(Vec::new(), count, &error.into()), Duration::ZERO))
    }

    /// Makes a lane: draws many files from a thread that may block.
    pub fn lane(&self, presets: &Arc<[Preset]>, priority: Priority) -> Lane {
        Lane::new(Arc::clone(&self.pools), Arc::clone(presets), priority)
    }

    /// Begins to unpack a ZIP, in a child of its own, for a thread that may block.
    pub fn unpack(&self, archive: File) -> anyhow::Result<ArchiveReader> {
        ArchiveReader::start(Arc::clone(&self.pools), archive)
    }

    /// True if [`Self::render`] would defer this file now: it need not be read or scanned.
    pub fn defers(&self, hash: &[u8; 32], size_bytes: u64) -> bool {
        self.pacing(size_bytes).defers(hash)
    }

    fn pacing(&self, size_bytes: u64) -> &Pacing {
        match priority(size_bytes) {
            Priority::Normal => &self.files,
            Priority::Low | Priority::Lowest => &self.large,
        }
    }

    /// Opens a file: throttles it when it is slow.
    async fn run_file<T: Send + 'static>(
        &self,
        (hash, size_bytes): (&[u8; 32], u64),
        exchange: Exchange,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, JailError> {
        let pacing = self.pacing(size_bytes);
        let (permit, was_slow, mut priority) = match pacing.admit(hash).await.map_err(JailError::Broken)? {
            Admission::Quick(permit) => (permit, false, priority(size_bytes)),
            Admission::Slow(permit) => (permit, true, Priority::Low),
            Admission::Deferred => return Err(JailError::Deferred),
        };
        let child = self.pools.get(priority).take().await.map_err(JailError::Broken)?;
        let process = child.process_id();
        let cpu_before = child.cpu();
        let mut running = Running::start(child, Arc::clone(&permit), exchange, read)?;
        let slow_after = self.pools.limits.slow_after;
        let mut wait = slow_after;
        let mut has_slow_permit = was_slow;
        let done = loop {
            if has_slow_permit {
                break running.wait().await;
            }
            if let Ok(done) = tokio::time::timeout(wait, running.wait()).await {
                break done;
            }
            // A file that waits for a processor is not slow.
            let cpu = process::cpu(process).saturating_sub(cpu_before);
            if cpu < slow_after {
                wait = (slow_after - cpu).max(THROTTLE_INTERVAL);
                continue;
            }
            if priority == Priority::Normal {
                priority = Priority::Low;
                process::throttle(process, priority);
            }
            match pacing.throttle(hash, &permit) {
                Throttling::Granted => has_slow_permit = true,
                Throttling::Stay => wait = THROTTLE_INTERVAL,
                // Dropping the exchange cancels it.
                Throttling::Deferred => return Err(JailError::Deferred),
            }
        };
        pacing.forget(hash);
        let (child, result) = done?;
        if let Some(child) = child {
            self.pools.get(priority).give_back(child);
        }
        result
    }

    /// Does work whose time is known: on a pack, or on images of our own.
    async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        exchange: Exchange,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, JailError> {
        let permit = match priority {
            Priority::Normal => Arc::clone(&self.others).acquire_owned().await.map_err(Into::into),
            Priority::Low | Priority::Lowest => self.large.admit_quick().await,
        };
        let permit = permit.map_err(JailError::Broken)?;
        let pool = self.pools.get(priority);
        let child = pool.take().await.map_err(JailError::Broken)?;
        let (child, result) = Running::start(child, permit, exchange, read)?.wait().await?;
        if let Some(child) = child {
            pool.give_back(child);
        }
        result
    }
}

fn priority(size_bytes: u64) -> Priority {
    if size_bytes > LARGE_BYTES {
        Priority::Low
    } else {
        Priority::Normal
    }
}

fn size_of(file: &File) -> Result<u64, JailError> {
    let about = file.metadata().map_err(|error| JailError::Broken(error.into()))?;
    Ok(about.len())
}

/// Adds a result for each file that no child could be found for.
fn fill(
    mut results: Vec<Result<Rendered, JailError>>,
    count: usize,
    error: &anyhow::Error,
) -> Vec<Result<Rendered, JailError>> {
    results.resize_with(count, || Err(JailError::Broken(anyhow!("{error:#}"))));
    results
}

fn rendered(drawn: DrawnFile, presets: &[Preset]) -> Rendered {
    Rendered {
        size: drawn.size,
        findings: Vec::new(),
        renditions: renditions(drawn.images, presets),
        published: Published::Nothing,
        fingerprint: None,
    }
}
