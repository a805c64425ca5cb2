//! The threads: each reads a batch, has it drawn by a child of its own, and hands the pictures in.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tradepost_render::presets::Preset;
use tradepost_render::times::StageTimes;

use super::failures::Failure;
use super::journal::{Done, Stamp};
use super::output::{Output, Page};
use super::source::{Entry, Source, Unread};
use tradepost_jail::{BATCH_BYTES, BATCH_FILES, DrawnFile, InputFile, Jail, JailError, Lane, Limits, Priority};

/// What all threads share.
pub struct Shared {
    pub source: Mutex<Source>,
    pub output: Output,
    pub done: Arc<Done>,
    pub presets: Arc<[Preset]>,
    pub counts: Counts,
    /// Somebody wants the run to end.
    pub stop: Arc<AtomicBool>,
}

/// How far a run is; shown while it goes on.
#[derive(Debug, Default)]
pub struct Counts {
    pub drawn: AtomicU64,
    pub failed: AtomicU64,
    /// Files that an earlier run has drawn.
    pub kept: AtomicU64,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    /// Files there are; 0 while nobody knows.
    pub total: AtomicU64,
}

/// Where the time of a thread went, on the clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    pub read: Duration,
    pub write: Duration,
    pub stages: StageTimes,
}

/// The end of a run that somebody wanted.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl Shared {
    /// Whether the run goes on.
    pub fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// What one thread does, until there are no files left.
    ///
    /// # Errors
    /// When the input cannot be read as a whole, the disk takes no more, no child can be started, or the run was stopped.
    pub fn work(&self, jail: &Jail) -> anyhow::Result<Spent> {
        let mut thread = Thread {
            shared: self,
            lane: jail.lane(&self.presets, Priority::Normal),
            page: Page::default(),
            spent: Spent::default(),
        };
        let done = thread.run();
        // What was drawn counts, however the run ends.
        let committed = self.output.commit(&mut thread.page);
        done.and(committed)?;
        thread.spent.stages = thread.lane.times();
        Ok(thread.spent)
    }

    /// The files of the next batch that were not drawn before.
    fn next_batch(&self) -> anyhow::Result<Vec<Entry>> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_FILES), 0);
        while batch.len() < BATCH_FILES && bytes < BATCH_BYTES as u64 && self.goes_on() {
            let Some(entry) = source.take()? else { break };
            // What archives say of themselves.
            let announced = std::mem::take(&mut source.announced);
            self.counts.total.fetch_add(announced, Ordering::Relaxed);
            if self.done.contains(&entry.name, entry.stamp) {
                self.counts.kept.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            bytes = bytes.saturating_add(entry.stamp.size_bytes);
            batch.push(entry);
        }
        Ok(batch)
    }
}

struct Thread<'a> {
    shared: &'a Shared,
    lane: Lane,
    page: Page,
    spent: Spent,
}

impl Thread<'_> {
    fn run(&mut self) -> anyhow::Result<()> {
        let file_bytes = Limits::default().file_bytes;
        loop {
            if !self.shared.goes_on() {
                return Err(Stopped.into());
            }
            let started = Instant::now();
            let batch = self.shared.next_batch()?;
            if batch.is_empty() && self.shared.goes_on() {
                return Ok(());
            }
            let (mut about, mut files) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
            for entry in batch {
                let (name, stamp) = (entry.name.clone(), entry.stamp);
                match entry.read(file_bytes) {
                    Ok(bytes) => {
                        self.shared
                            .counts
                            .bytes_in
                            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
                        files.push(InputFile {
                            path: name.clone(),
                            bytes,
                        });
                        about.push((name, stamp));
                    }
                    Err(Unread::File(why)) => self.fail(name, Failure::new("unreadable", why)),
                    Err(Unread::Input(error)) => return Err(error),
                    Err(Unread::Stopped) => return Err(Stopped.into()),
                }
            }
            self.spent.read += started.elapsed();
            self.draw(&files, about)?;
            self.commit()?;
        }
    }

    fn draw(&mut self, files: &[InputFile], mut about: Vec<(String, Stamp)>) -> anyhow::Result<()> {
        let Self {
            shared,
            lane,
            page,
            spent,
        } = self;
        lane.draw(files, |index, answer| {
            if !shared.goes_on() {
                return Err(Stopped.into());
            }
            let started = Instant::now();
            let named = std::mem::take(&mut about[index]);
            shared.take(page, named, answer)?;
            if page.is_full() {
                shared.output.commit(page)?;
            }
            spent.write += started.elapsed();
            Ok(())
        })
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        self.shared.output.commit(&mut self.page)?;
        self.spent.write += started.elapsed();
        Ok(())
    }

    fn fail(&mut self, name: String, failure: Failure) {
        self.page.fail(name, failure);
        self.shared.counts.failed.fetch_add(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// Puts the answer for one file where it belongs.
    fn take(
        &self,
        page: &mut Page,
        (name, stamp): (String, Stamp),
        answer: Result<DrawnFile, JailError>,
    ) -> anyhow::Result<()> {
        let failed = |page: &mut Page, name, failure| {
            page.fail(name, failure);
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
        };
        match answer {
            Err(error) => failed(page, name, error.into()),
            Ok(drawn) if drawn.images.is_empty() => {
                let why = "there is no picture of a file of this kind".to_owned();
                failed(page, name, Failure::new("no-picture", why));
            }
            Ok(drawn) => match self.output.take(page, (name, stamp), &self.presets, &drawn.images)? {
                0 => {
                    self.counts.failed.fetch_add(1, Ordering::Relaxed);
                }
                bytes => {
                    self.counts.drawn.fetch_add(1, Ordering::Relaxed);
                    self.counts.bytes_out.fetch_add(bytes, Ordering::Relaxed);
                }
            },
        }
        Ok(())
    }
}
