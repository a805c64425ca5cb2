//! Threads of a run: each reads a batch, has a child of its own draw it, and commits the images.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tradepost_jail::{BATCH_BYTES, BATCH_FILES, DrawnFile, InputFile, Jail, JailError, Lane, Limits, Priority};
use tradepost_render::presets::Preset;
use tradepost_render::times::StageTimes;

use super::failures::{Failure, FailureKind};
use super::journal::{Done, Stamp};
use super::output::{Output, Page};
use super::source::{Entry, Source};

/// State that all threads share.
pub struct Run {
    pub source: Mutex<Source>,
    pub output: Output,
    pub done: Arc<Done>,
    pub presets: Arc<[Preset]>,
    pub counters: Counters,
    /// Set by a signal, or by the first thread that fails.
    pub stop: Arc<AtomicBool>,
}

/// Progress of a run.
#[derive(Debug, Default)]
pub struct Counters {
    pub drawn: AtomicU64,
    pub failed: AtomicU64,
    /// Files that an earlier run has drawn.
    pub kept: AtomicU64,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    /// Files of all inputs; 0 while not known.
    pub total: AtomicU64,
}

/// Wall clock time of the threads, added up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    pub read: Duration,
    pub write: Duration,
    pub stages: StageTimes,
}

impl AddAssign for Timings {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
        self.stages += other.stages;
    }
}

/// The run was stopped.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl Run {
    /// False when the run is to stop.
    pub fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Draws files on one thread until none is left.
    pub fn work(&self, jail: &Jail) -> anyhow::Result<Timings> {
        let mut worker = Worker {
            run: self,
            lane: jail.lane(&self.presets, Priority::Normal),
            page: Page::default(),
            timings: Timings::default(),
        };
        let done = worker.run();
        // Images that were drawn are kept, however the run ends.
        let committed = self.output.commit(&mut worker.page);
        done.and(committed)?;
        worker.timings.stages = worker.lane.times();
        Ok(worker.timings)
    }

    /// Takes the files of the next batch that were not drawn before.
    fn next_batch(&self) -> anyhow::Result<Vec<Entry>> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_FILES), 0);
        while batch.len() < BATCH_FILES && bytes < BATCH_BYTES as u64 && self.goes_on() {
            let Some(entry) = source.take()? else { break };
            let announced = std::mem::take(&mut source.announced);
            self.counters.total.fetch_add(announced, Ordering::Relaxed);
            if self.done.contains(&entry.name, entry.stamp) {
                self.counters.kept.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            bytes = bytes.saturating_add(entry.stamp.size_bytes);
            batch.push(entry);
        }
        Ok(batch)
    }

    fn fail(&self, page: &mut Page, name: String, failure: Failure) {
        page.failed.push((name, failure));
        self.counters.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts the images of one file, or its failure, on the page.
    fn take(
        &self,
        page: &mut Page,
        (name, stamp): (String, Stamp),
        result: Result<DrawnFile, JailError>,
    ) -> anyhow::Result<()> {
        match result {
            Err(error) => self.fail(page, name, error.into()),
            Ok(drawn) if drawn.images.is_empty() => {
                let reason = "there is no picture of a file of this kind".to_owned();
                self.fail(page, name, Failure::new(FailureKind::NoPicture, reason));
            }
            Ok(drawn) => match self.output.take(page, (name, stamp), &self.presets, &drawn.images)? {
                0 => {
                    self.counters.failed.fetch_add(1, Ordering::Relaxed);
                }
                bytes => {
                    self.counters.drawn.fetch_add(1, Ordering::Relaxed);
                    self.counters.bytes_out.fetch_add(bytes, Ordering::Relaxed);
                }
            },
        }
        Ok(())
    }
}

struct Worker<'a> {
    run: &'a Run,
    lane: Lane,
    page: Page,
    timings: Timings,
}

impl Worker<'_> {
    fn run(&mut self) -> anyhow::Result<()> {
        loop {
            if !self.run.goes_on() {
                return Err(Stopped.into());
            }
            let started = Instant::now();
            let batch = self.run.next_batch()?;
            if batch.is_empty() && self.run.goes_on() {
                return Ok(());
            }
            let (files, keys) = self.read(batch);
            self.timings.read += started.elapsed();
            self.draw(&files, keys)?;
            let started = Instant::now();
            self.run.output.commit(&mut self.page)?;
            self.timings.write += started.elapsed();
        }
    }

    /// Reads the files of a batch. Returns those that could be read, each with its name and stamp.
    fn read(&mut self, batch: Vec<Entry>) -> (Vec<InputFile>, Vec<(String, Stamp)>) {
        let most = Limits::default().file_bytes;
        let (mut files, mut keys) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for entry in batch {
            let (name, stamp) = (entry.name.clone(), entry.stamp);
            match entry.read(most) {
                Ok(bytes) => {
                    let size = bytes.len() as u64;
                    self.run.counters.bytes_in.fetch_add(size, Ordering::Relaxed);
                    let path = name.clone();
                    files.push(InputFile { path, bytes });
                    keys.push((name, stamp));
                }
                Err(reason) => {
                    let failure = Failure::new(FailureKind::Unreadable, reason);
                    self.run.fail(&mut self.page, name, failure);
                }
            }
        }
        (files, keys)
    }

    fn draw(&mut self, files: &[InputFile], mut keys: Vec<(String, Stamp)>) -> anyhow::Result<()> {
        let Self {
            run,
            lane,
            page,
            timings,
        } = self;
        lane.draw(files, |index, result| {
            if !run.goes_on() {
                return Err(Stopped.into());
            }
            let started = Instant::now();
            run.take(page, std::mem::take(&mut keys[index]), result)?;
            if page.is_full() {
                run.output.commit(page)?;
            }
            timings.write += started.elapsed();
            Ok(())
        })
    }
}
