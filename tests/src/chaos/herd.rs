//! The worker processes.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rand::seq::IndexedRandom as _;
use tokio::process::{Child, Command};

use super::worker::Settings;

/// Running workers; killed when dropped.
pub struct Herd {
    settings: Settings,
    workers: Vec<Worker>,
}

struct Worker {
    child: Child,
    born: Instant,
}

impl Herd {
    pub fn new(settings: Settings, size: usize) -> anyhow::Result<Self> {
        let workers = (0..size).map(|_| start(&settings)).collect::<anyhow::Result<_>>()?;
        Ok(Self { settings, workers })
    }

    /// Starts a new worker for each that has ended by itself.
    pub fn replace_the_dead(&mut self) -> anyhow::Result<()> {
        for worker in &mut self.workers {
            // It found no server at its start, most likely.
            if worker.child.try_wait()?.is_some() {
                *worker = start(&self.settings)?;
            }
        }
        Ok(())
    }

    /// Kills a random worker that is at least so old, and starts another. `false`: there is none.
    pub async fn kill_one(&mut self, age: Duration) -> anyhow::Result<bool> {
        let old = (0..self.workers.len()).filter(|index| self.workers[*index].born.elapsed() >= age);
        let Some(victim) = old.collect::<Vec<_>>().choose(&mut rand::rng()).copied() else {
            return Ok(false);
        };
        self.replace(victim).await?;
        Ok(true)
    }

    /// Kills the worker with this process id and starts another. Answers with when it was killed.
    pub async fn kill(&mut self, pid: u32) -> anyhow::Result<Instant> {
        let victim = self.workers.iter().position(|worker| worker.child.id() == Some(pid));
        self.replace(victim.context("the worker has ended by itself")?).await
    }

    async fn replace(&mut self, victim: usize) -> anyhow::Result<Instant> {
        let killed = Instant::now();
        self.workers[victim].child.kill().await?;
        self.workers[victim] = start(&self.settings)?;
        Ok(killed)
    }

    /// Lets all workers finish.
    pub async fn stop(mut self) {
        for worker in &mut self.workers {
            drop(worker.child.stdin.take());
        }
        for worker in &mut self.workers {
            // One that does not end is killed when dropped.
            let _ = tokio::time::timeout(Duration::from_secs(10), worker.child.wait()).await;
        }
    }
}

fn start(settings: &Settings) -> anyhow::Result<Worker> {
    let settings = serde_json::to_string(settings)?;
    let child = Command::new(std::env::current_exe()?)
        .args(["worker", &settings])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("starting a worker")?;
    Ok(Worker {
        child,
        born: Instant::now(),
    })
}
