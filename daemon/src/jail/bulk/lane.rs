//! Batches through one child after the other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tradepost_common::uploads::FindingSeverity;
use tradepost_inspect::{svg, text};
use tradepost_render::presets::Preset;
use tradepost_render::times::StageTimes;

use super::super::spawn::{Child, Pool};
use super::super::talk::{self, Errand, Replies, Stop, misbehaved};
use super::super::wire::{Bounds, Job, Reply, Request};
use super::super::{Inner, JailError, check, pace};
use super::{BATCH_BYTES, BATCH_FILES, Drawn, Leash, Loose, Priority};

/// Names may be longer than that only when they go alone.
const BATCH_PATH_BYTES: usize = 64 << 10;
/// No name is longer.
const MAX_PATH_BYTES: usize = 64 << 10;
/// What a child that gets what is left over of the processor may take longer on the clock.
const LOWEST_PATIENCE: u32 = 4;
/// Tries of a file when nothing says that the file was to blame.
const TRIES: u32 = 2;

/// A way through the jail for one thread: draws files, batch by batch.
pub struct Lane {
    inner: Arc<Inner>,
    presets: Arc<[Preset]>,
    priority: Priority,
    leash: Leash,
    times: StageTimes,
    cpu: Duration,
}

/// What became of one conversation.
enum End {
    Done,
    /// The receiver of the answers had enough.
    Unwanted(anyhow::Error),
    /// The child's, or the file's, end.
    Failed(JailError),
}

impl Lane {
    pub(in super::super) fn new(inner: Arc<Inner>, presets: Arc<[Preset]>, priority: Priority) -> Self {
        Self {
            inner,
            presets,
            priority,
            leash: Leash::default(),
            times: StageTimes::default(),
            cpu: Duration::ZERO,
        }
    }

    /// The same, to be ended from outside.
    pub fn on(self, leash: Leash) -> Self {
        Self { leash, ..self }
    }

    /// What the files so far cost in the children, by stage; without those whose child died.
    pub fn times(&self) -> StageTimes {
        self.times
    }

    /// Time of the processor that the children took for the files so far; without those whose child died.
    pub fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Draws files and hands out each answer, with the number of its file, as soon as it is there: each file exactly once, in their order.
    ///
    /// # Errors
    /// When no child can be started, when the lane was ended from outside, or what `each` answers with, which ends the work.
    pub fn draw(
        &mut self,
        files: &[Loose],
        mut each: impl FnMut(usize, Result<Drawn, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut first = 0;
        while let Some(file) = files.get(first) {
            if let Some(refusal) = self.unfit(file) {
                each(first, Err(refusal))?;
                first += 1;
                continue;
            }
            let count = self.batch_length(&files[first..]);
            self.draw_batch(first, &files[first..first + count], &mut each)?;
            first += count;
        }
        Ok(())
    }

    /// Why a file does not even go on its way.
    fn unfit(&self, file: &Loose) -> Option<JailError> {
        let most = self.inner.limits.file_bytes.min(super::super::child::MAX_BLOB_BYTES);
        let message = if file.bytes.len() as u64 > most {
            format!("is larger than {}", text::size(most))
        } else if file.path.len() > MAX_PATH_BYTES {
            format!("has a name of more than {}", text::size(MAX_PATH_BYTES as u64))
        } else {
            return None;
        };
        let mut finding = svg::refusal(&text::clean(&file.path, 500), "file.size", message);
        finding.severity = FindingSeverity::Blocking;
        Some(JailError::Refused(vec![finding]))
    }

    /// How many of the files go together; at least one.
    fn batch_length(&self, files: &[Loose]) -> usize {
        let (mut bytes, mut path_bytes) = (0, 0);
        let fits = |file: &&Loose| {
            bytes += file.bytes.len();
            path_bytes += file.path.len();
            bytes <= BATCH_BYTES && path_bytes <= BATCH_PATH_BYTES && self.unfit(file).is_none()
        };
        files.iter().take(BATCH_FILES).take_while(fits).count().max(1)
    }

    fn draw_batch(
        &mut self,
        first: usize,
        files: &[Loose],
        each: &mut impl FnMut(usize, Result<Drawn, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut answered = 0;
        let end = self.converse(files, |answer| {
            answered += 1;
            each(first + answered - 1, answer)
        })?;
        match end {
            End::Unwanted(error) => return Err(error),
            End::Failed(error) if files.len() == 1 && answered == 0 && !matches!(error, JailError::Broken(_)) => {
                return each(first, Err(error));
            }
            End::Done | End::Failed(_) => {}
        }
        for (index, file) in files.iter().enumerate().skip(answered) {
            self.draw_alone(first + index, file, each)?;
        }
        Ok(())
    }

    /// One file in a conversation of its own: whatever happens in it is the file's.
    fn draw_alone(
        &mut self,
        number: usize,
        file: &Loose,
        each: &mut impl FnMut(usize, Result<Drawn, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut is_answered = false;
            let end = self.converse(std::slice::from_ref(file), |answer| {
                is_answered = true;
                each(number, answer)
            })?;
            match end {
                End::Unwanted(error) => return Err(error),
                _ if is_answered => return Ok(()),
                End::Failed(JailError::Broken(_)) if tries < TRIES => {}
                End::Failed(error) => return each(number, Err(error)),
                End::Done => return each(number, Err(JailError::Broken(anyhow!("the child left a file out")))),
            }
        }
    }

    /// Sends a batch to a child and reads its answers. The error is that there is no child.
    fn converse(
        &mut self,
        files: &[Loose],
        mut each: impl FnMut(Result<Drawn, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<End> {
        let mut child = self.take()?;
        if !self.leash.hold(child.socket.try_clone().context("holding the child")?) {
            anyhow::bail!("nobody waits for the pictures any more");
        }
        let errand = self.errand(&mut child, files);
        let (presets, count) = (Arc::clone(&self.presets), files.len());
        let mut unwanted = None;
        let (child, result) = talk::run(child, &errand, |replies| {
            let pass_on = |answer| each(answer).map_err(|error| unwanted = Some(error)).is_ok();
            read_answers(replies, count, &presets, pass_on)
        });
        if !self.leash.let_go() {
            // The child's socket may be closed: it is not used again.
            anyhow::bail!("nobody waits for the pictures any more");
        }
        if let Some(child) = child {
            self.pool().give_back(child);
        }
        Ok(match (result, unwanted) {
            (_, Some(error)) => End::Unwanted(error),
            (Ok((times, cpu)), None) => {
                self.times += times;
                self.cpu = self.cpu.saturating_add(cpu);
                End::Done
            }
            (Err(error), None) => End::Failed(error),
        })
    }

    fn take(&self) -> anyhow::Result<Child> {
        // One that was killed before it was ready is nobody's fault here either.
        let child = self.pool().take_blocking().or_else(|_| self.pool().take_blocking())?;
        if self.priority == Priority::Lowest {
            pace::lower(child.process_id());
        }
        Ok(child)
    }

    /// Children that were given the lowest priority do not come back from it, so they are a pool of their own.
    fn pool(&self) -> &Pool {
        match self.priority {
            Priority::Normal => &self.inner.pool,
            Priority::Lowest => &self.inner.bulk_pool,
        }
    }

    fn errand(&self, child: &mut Child, files: &[Loose]) -> Errand {
        let limits = &self.inner.limits;
        let presets = match &child.presets {
            Some(told) if told == &self.presets => None,
            _ => Some(self.presets.to_vec()),
        };
        child.presets = Some(Arc::clone(&self.presets));
        let wall: Duration = match self.priority {
            Priority::Normal => limits.wall,
            Priority::Lowest => limits.wall * LOWEST_PATIENCE,
        };
        Errand {
            job: Job {
                memory_bytes: limits.memory_bytes,
                cpu_seconds: limits.cpu.as_secs().max(1),
                request: Request::Batch {
                    paths: files.iter().map(|file| file.path.clone()).collect(),
                    max_svg_bytes: limits.svg_bytes,
                    presets,
                },
            },
            file: None,
            blobs: files.iter().map(|file| file.bytes.clone()).collect(),
            bounds: Bounds {
                head_bytes: 1 << 20,
                blobs: self.presets.len() as u32,
                blob_bytes: 64 << 20,
            },
            wall,
        }
    }
}

/// Reads as many answers as there are files. Each file has the clock for itself.
fn read_answers(
    replies: &mut Replies<'_>,
    count: usize,
    presets: &[Preset],
    mut pass_on: impl FnMut(Result<Drawn, JailError>) -> bool,
) -> Result<(StageTimes, Duration), Stop> {
    for _ in 0..count {
        let answer = match replies.next() {
            Ok((Reply::Drawn { size, heights }, blobs)) => Ok(check::drawn(size, heights, blobs, presets)?),
            Ok(_) => return Err(misbehaved("another reply than the pictures of a file")),
            Err(Stop::Refused(findings)) => Err(JailError::Refused(check::findings(findings))),
            Err(stop) => return Err(stop),
        };
        if !pass_on(answer) {
            return Err(Stop::Broken(anyhow!("nobody wants the answers any more")));
        }
        replies.restart_clock();
    }
    match replies.next()? {
        (Reply::BatchEnd { times, cpu_us }, _) => Ok((times, Duration::from_micros(cpu_us))),
        _ => Err(misbehaved("more answers than files")),
    }
}
