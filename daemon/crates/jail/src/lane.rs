//! Many files an exchange: one frame carries a batch, one small frame comes back for each file.
//!
//! The cost of an exchange for each file (about a millisecond of JSON and wake-ups) is more than an icon takes to draw. The limits hold for each file
//! all the same. When a child dies, hangs or breaks the protocol, the results that had come count, and the other files of its batch are drawn again
//! one by one, so that the blame falls on the right file.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use tradepost_base::FindingSeverity;
use tradepost_inspect::{svg, text};
use tradepost_render::engine::Purpose;
use tradepost_render::presets::Preset;
use tradepost_render::times::StageTimes;

use crate::cancel::Cancel;
use crate::exchange::{Exchange, Replies};
use crate::failure::Failure;
use crate::pool::Pools;
use crate::process::ChildProcess;
use crate::protocol::{BATCH_FILES, Batch, MAX_REQUEST_BYTES, Reply, Request};
use crate::types::{DrawnFile, InputFile, JailError, Limits, Priority, Replying};
use crate::validate;

/// Most bytes in one batch; a larger file goes alone.
pub const BATCH_BYTES: usize = 4 << 20;
/// Most bytes of the paths of one batch.
const BATCH_PATH_BYTES: usize = 64 << 10;
/// Longest path.
const MAX_PATH_BYTES: usize = 64 << 10;
/// Factor of the wall clock limit of a throttled child.
const LOWEST_WALL_FACTOR: u32 = 4;
/// Tries of a file when nothing shows that the file was at fault.
const TRIES: u32 = 2;

/// Draws files batch by batch, for one thread that may block.
pub struct Lane {
    pools: Arc<Pools>,
    presets: Arc<[Preset]>,
    priority: Priority,
    cancel: Cancel,
    times: StageTimes,
    cpu: Duration,
}

/// End of one exchange.
enum End {
    Done,
    /// The receiver of the results has ended the work.
    Stopped(anyhow::Error),
    Failed(JailError),
}

impl Lane {
    pub(crate) fn new(pools: Arc<Pools>, presets: Arc<[Preset]>, priority: Priority) -> Self {
        Self {
            pools,
            presets,
            priority,
            cancel: Cancel::default(),
            times: StageTimes::default(),
            cpu: Duration::ZERO,
        }
    }

    /// A lane that another thread can end.
    pub fn with_cancel(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// Time that the files so far took in the children, by stage; without those whose child died.
    pub fn times(&self) -> StageTimes {
        self.times
    }

    /// Processor time of the children for the files so far; without those whose child died.
    pub fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Draws files and passes each result on, with the number of its file, as soon as it is there: each file exactly once, in their order.
    ///
    /// # Errors
    /// No child can be started, the lane is cancelled, or `each` fails, which ends the work.
    pub fn draw(
        &mut self,
        files: &[InputFile],
        mut each: impl FnMut(usize, Result<DrawnFile, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut first = 0;
        while let Some(file) = files.get(first) {
            if let Some(refusal) = self.refusal(file) {
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

    /// Refuses a file that can not be sent.
    fn refusal(&self, file: &InputFile) -> Option<JailError> {
        let most = self.pools.limits.file_bytes.min(MAX_REQUEST_BYTES);
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

    /// Number of files of the next batch; at least one.
    fn batch_length(&self, files: &[InputFile]) -> usize {
        let (mut bytes, mut path_bytes) = (0, 0);
        let fits = |file: &&InputFile| {
            bytes += file.bytes.len();
            path_bytes += file.path.len();
            bytes <= BATCH_BYTES && path_bytes <= BATCH_PATH_BYTES && self.refusal(file).is_none()
        };
        files.iter().take(BATCH_FILES).take_while(fits).count().max(1)
    }

    fn draw_batch(
        &mut self,
        first: usize,
        files: &[InputFile],
        each: &mut impl FnMut(usize, Result<DrawnFile, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut answered = 0;
        let end = self.exchange(files, |result| {
            answered += 1;
            each(first + answered - 1, result)
        })?;
        match end {
            End::Stopped(error) => return Err(error),
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

    /// Draws one file in an exchange of its own: whatever happens is the file's fault.
    fn draw_alone(
        &mut self,
        number: usize,
        file: &InputFile,
        each: &mut impl FnMut(usize, Result<DrawnFile, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut is_answered = false;
            let end = self.exchange(std::slice::from_ref(file), |result| {
                is_answered = true;
                each(number, result)
            })?;
            match end {
                End::Stopped(error) => return Err(error),
                _ if is_answered => return Ok(()),
                End::Failed(JailError::Broken(_)) if tries < TRIES => {}
                End::Failed(error) => return each(number, Err(error)),
                End::Done => return each(number, Err(JailError::Broken(anyhow!("the child left a file out")))),
            }
        }
    }

    /// Sends a batch to a child and reads its replies. The error is that there is no child.
    fn exchange(
        &mut self,
        files: &[InputFile],
        mut each: impl FnMut(Result<DrawnFile, JailError>) -> anyhow::Result<()>,
    ) -> anyhow::Result<End> {
        let mut child = self.take()?;
        if !self.cancel.begin(&child).context("preparing to cancel")? {
            bail!("the lane was cancelled");
        }
        let request = self.request(&mut child, files);
        let (presets, count) = (Arc::clone(&self.presets), files.len());
        let mut stopped = None;
        let (child, result) = request.run(child, |replies| {
            let pass_on = |result| each(result).map_err(|error| stopped = Some(error)).is_ok();
            read_results(replies, count, &presets, pass_on)
        });
        if !self.cancel.end() {
            // The child's socket may be closed: it is not used again.
            bail!("the lane was cancelled");
        }
        if let Some(child) = child {
            self.pools.get(self.priority).give_back(child);
        }
        Ok(match (result, stopped) {
            (_, Some(error)) => End::Stopped(error),
            (Ok((times, cpu)), None) => {
                self.times += times;
                self.cpu = self.cpu.saturating_add(cpu);
                End::Done
            }
            (Err(error), None) => End::Failed(error),
        })
    }

    fn take(&self) -> anyhow::Result<ChildProcess> {
        let pool = self.pools.get(self.priority);
        // A child that was killed before it was ready is no fault of the files'.
        pool.take_blocking().or_else(|_| pool.take_blocking())
    }

    fn request(&self, child: &mut ChildProcess, files: &[InputFile]) -> Exchange {
        let mut exchange = batch_exchange(
            &self.pools.limits,
            (Purpose::Draw, Replying::Together),
            child,
            files,
            &self.presets,
        );
        if self.priority == Priority::Lowest {
            exchange.wall *= LOWEST_WALL_FACTOR;
        }
        exchange
    }
}

/// A request about a batch of files. Presets that the child knows are not sent again.
pub fn batch_exchange(
    limits: &Limits,
    (purpose, replying): (Purpose, Replying),
    child: &mut ChildProcess,
    files: &[InputFile],
    presets: &Arc<[Preset]>,
) -> Exchange {
    let is_known = child.presets.as_ref().is_some_and(|known| known == presets);
    child.presets = Some(Arc::clone(presets));
    let batch = Batch {
        purpose,
        collects: replying == Replying::Together,
        paths: files.iter().map(|file| file.path.clone()).collect(),
        presets: (!is_known).then(|| presets.to_vec()),
        max_svg_bytes: limits.svg_bytes,
    };
    // The images and a copy.
    let mut exchange = Exchange::new(limits, Request::Batch(batch), presets.len() + 1);
    exchange.blobs = files.iter().map(|file| file.bytes.clone()).collect();
    exchange
}

/// Reads as many results as there are files. The deadline restarts with each file.
fn read_results(
    replies: &mut Replies<'_>,
    count: usize,
    presets: &[Preset],
    mut pass_on: impl FnMut(Result<DrawnFile, JailError>) -> bool,
) -> Result<(StageTimes, Duration), Failure> {
    for _ in 0..count {
        let result = match replies.next() {
            Ok((reply, blobs)) => Ok(validate::drawn(reply, blobs, presets)?),
            Err(Failure::Refused(findings)) => Err(JailError::Refused(validate::findings(findings))),
            Err(failure) => return Err(failure),
        };
        if !pass_on(result) {
            return Err(Failure::Broken(anyhow!("nobody wants the results any more")));
        }
        replies.restart_deadline();
    }
    match replies.next()? {
        (Reply::BatchEnd { times, cpu_us }, _) => Ok((times, Duration::from_micros(cpu_us))),
        _ => Err(Failure::protocol("more replies than files")),
    }
}
