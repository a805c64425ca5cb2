//! Many files of a pack in one exchange.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::unistd::Pid;
use tradepost_render::engine::Purpose;
use tradepost_render::presets::Preset;

use super::{Jail, THROTTLE_INTERVAL};
use crate::failure::Failure;
use crate::lane::batch_exchange;
use crate::process;
use crate::protocol::Reply;
use crate::running::Running;
use crate::types::{InputFile, JailError, Priority, Rendered, Replying};
use crate::validate;

impl Jail {
    /// Inspects and draws quick files of a pack in one exchange: one result for each, in their order.
    ///
    /// There are fewer results than files when one of them crashed or hung the child, took longer than [`crate::Limits::slow_after`], or the machine
    /// is busy. With [`Replying::Singly`] it is the first file without a result; [`Self::render`] finds out what is wrong with it. Dropping the
    /// future ends the work and its child.
    ///
    /// # Errors
    /// There is no child.
    pub async fn render_batch(
        &self,
        files: Vec<InputFile>,
        presets: &Arc<[Preset]>,
        replying: Replying,
    ) -> Result<Vec<Result<Rendered, JailError>>, JailError> {
        let permit = self.files.admit_quick().await.map_err(JailError::Broken)?;
        let pool = self.pools.get(Priority::Normal);
        let mut child = pool.take().await.map_err(JailError::Broken)?;
        let limits = &self.pools.limits;
        let exchange = batch_exchange(limits, (Purpose::Publish, replying), &mut child, &files, presets);
        let process = child.process_id();
        let progress = Progress::start(process);
        let (count, presets, told) = (files.len(), Arc::clone(presets), Arc::clone(&progress));
        let mut running = Running::start(child, permit, exchange, move |replies| {
            for _ in 0..count {
                let result = match replies.next() {
                    Ok((reply, blobs)) => Ok(validate::opened(reply, blobs, &presets)?),
                    Err(Failure::Refused(findings)) => Err(JailError::Refused(validate::findings(findings))),
                    Err(failure) => return Err(failure),
                };
                told.add(result, process::cpu(process));
                replies.restart_deadline();
            }
            match replies.next()? {
                (Reply::BatchEnd { .. }, _) => Ok(()),
                _ => Err(Failure::protocol("more replies than files")),
            }
        })?;
        let (child, _) = loop {
            match tokio::time::timeout(THROTTLE_INTERVAL, running.wait()).await {
                Ok(done) => break done?,
                Err(_) if progress.cpu_of_file(process::cpu(process)) > limits.slow_after => running.stop(),
                Err(_) => {}
            }
        };
        if let Some(child) = child {
            pool.give_back(child);
        }
        Ok(progress.take())
    }
}

/// The results so far, shared by the thread that reads them and the task that waits.
struct Progress(Mutex<State>);

struct State {
    results: Vec<Result<Rendered, JailError>>,
    /// Processor time of the child when its last result came.
    cpu: Duration,
}

impl Progress {
    fn start(process: Pid) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            results: Vec::new(),
            cpu: process::cpu(process),
        })))
    }

    /// Adds the next result, which came when the child had had so much processor time.
    fn add(&self, result: Result<Rendered, JailError>, cpu: Duration) {
        let mut state = self.lock();
        state.results.push(result);
        state.cpu = cpu;
    }

    /// Processor time since the last result.
    fn cpu_of_file(&self, cpu: Duration) -> Duration {
        cpu.saturating_sub(self.lock().cpu)
    }

    fn take(&self) -> Vec<Result<Rendered, JailError>> {
        std::mem::take(&mut self.lock().results)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
