//! Supervision: named top-level tasks, one cancellation token; a task that ends early ends the process.

use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// The top-level tasks of the daemon.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<(&'static str, anyhow::Result<()>)>,
    /// Cancelled when the daemon stops; every task ends soon after.
    pub stop: CancellationToken,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            set: JoinSet::new(),
            stop: CancellationToken::new(),
        }
    }
}

impl Tasks {
    /// Starts a task that runs until `stop` is cancelled.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.set.spawn(async move { (name, task.await) });
    }

    /// Waits until a signal asks to stop or a task ends early, which is a failure.
    pub async fn run_until(&mut self, signal: impl Future<Output = ()>) -> anyhow::Result<()> {
        tokio::select! {
            () = signal => Ok(()),
            Some(ended) = self.set.join_next() => match ended.context("a top-level task panicked")? {
                (name, Ok(())) => anyhow::bail!("the task {name:?} ended early"),
                (name, Err(error)) => Err(error.context(format!("the task {name:?} failed"))),
            },
        }
    }

    /// Cancels all tasks and waits for them until the deadline; those that are late are aborted.
    pub async fn finish(mut self, deadline: Duration) {
        self.stop.cancel();
        let drain = async {
            while let Some(ended) = self.set.join_next().await {
                match ended {
                    Ok((_, Ok(()))) => {}
                    Ok((name, Err(error))) => {
                        tracing::warn!(task = name, error = format!("{error:#}"), "task failed while stopping")
                    }
                    Err(error) => tracing::error!(%error, "task panicked while stopping"),
                }
            }
        };
        if tokio::time::timeout(deadline, drain).await.is_err() {
            tracing::warn!(
                "some tasks did not end within {} s; they were aborted",
                deadline.as_secs()
            );
            self.set.shutdown().await;
        }
    }
}

/// Threads of their own for a part whose load the others must not feel.
#[derive(Debug)]
pub struct Threads(Option<Runtime>);

impl Threads {
    /// Starts as many threads as there are cores.
    pub fn start(name: &'static str) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().thread_name(name).enable_all().build();
        runtime
            .map(|runtime| Self(Some(runtime)))
            .with_context(|| format!("starting the threads of {name:?}"))
    }

    /// Runs a task on these threads, which end with it.
    pub async fn run(self, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> anyhow::Result<()> {
        let runtime = self.0.as_ref().expect("they run until they are dropped");
        AbortOnDropHandle::new(runtime.spawn(task))
            .await
            .context("a task panicked")?
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The caller does not wait for blocked threads.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Resolves at SIGTERM or SIGINT.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("stopping: SIGTERM"),
            _ = interrupt.recv() => tracing::info!("stopping: SIGINT"),
        }
    })
}
