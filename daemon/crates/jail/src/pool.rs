//! Pools of children.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::sync::oneshot;
use tradepost_render::fonts;

use crate::confinement::Confinement;
use crate::process::{self, ChildProcess, ChildProgram};
use crate::types::{Limits, Priority};

const GONE: &str = "the thread of the pool is gone";

/// One pool for each priority: an unprivileged process never comes back from a lower one.
pub struct Pools {
    pub limits: Limits,
    normal: Pool,
    low: Pool,
    lowest: Pool,
}

impl Pools {
    pub fn new(program: ChildProgram, limits: Limits) -> Self {
        Self {
            normal: Pool::new(program.clone(), &limits, Priority::Normal),
            low: Pool::new(program.clone(), &limits, Priority::Low),
            lowest: Pool::new(program, &limits, Priority::Lowest),
            limits,
        }
    }

    pub fn get(&self, priority: Priority) -> &Pool {
        match priority {
            Priority::Normal => &self.normal,
            Priority::Low => &self.low,
            Priority::Lowest => &self.lowest,
        }
    }

    /// Number of children, idle or at work.
    pub fn alive(&self) -> u32 {
        [&self.normal, &self.low, &self.lowest]
            .into_iter()
            .map(Pool::alive)
            .sum()
    }
}

struct IdleChild {
    child: ChildProcess,
    since: Instant,
}

enum Command {
    Start(oneshot::Sender<anyhow::Result<ChildProcess>>),
    /// A child became idle: the time of the next retirement may change.
    Idle,
}

/// Idle children, and the thread that starts and retires them.
///
/// A parent-death signal is sent when the *thread* that started the child ends. So one thread that lives as long as the pool starts all children,
/// never one of the runtime's, which come and go.
pub struct Pool {
    state: Arc<PoolState>,
    recycle_after: u32,
    priority: Priority,
    /// Started with the first child.
    thread: Mutex<Option<PoolThread>>,
}

/// State that the pool shares with its thread.
struct PoolState {
    program: ChildProgram,
    idle_timeout: Duration,
    idle: Mutex<Vec<IdleChild>>,
    confinement: Mutex<Option<Confinement>>,
    /// Each child holds a clone.
    alive: Arc<()>,
}

struct PoolThread {
    commands: mpsc::Sender<Command>,
    handle: JoinHandle<()>,
}

impl Pool {
    /// Makes an empty pool: starts nothing yet.
    pub fn new(program: ChildProgram, limits: &Limits, priority: Priority) -> Self {
        Self {
            state: Arc::new(PoolState {
                program,
                idle_timeout: limits.idle,
                idle: Mutex::default(),
                confinement: Mutex::default(),
                alive: Arc::default(),
            }),
            recycle_after: limits.recycle_after,
            priority,
            thread: Mutex::default(),
        }
    }

    /// Number of children, idle or at work.
    pub fn alive(&self) -> u32 {
        (Arc::strong_count(&self.state.alive) - 1) as u32
    }

    /// Confinement of the last child that was started; `None` before the first.
    pub fn confinement(&self) -> Option<Confinement> {
        lock(&self.state.confinement).clone()
    }

    /// Takes the idle child that was used last, or starts one.
    pub async fn take(&self) -> anyhow::Result<ChildProcess> {
        match self.take_idle() {
            Some(child) => Ok(child),
            None => Ok(self.lowered(self.start()?.await.context(GONE)??)),
        }
    }

    /// As [`Self::take`], on a thread that may block.
    pub fn take_blocking(&self) -> anyhow::Result<ChildProcess> {
        match self.take_idle() {
            Some(child) => Ok(child),
            None => Ok(self.lowered(self.start()?.blocking_recv().context(GONE)??)),
        }
    }

    /// A child that was just started has the priority of its parent.
    fn lowered(&self, child: ChildProcess) -> ChildProcess {
        process::throttle(child.process_id(), self.priority);
        child
    }

    fn take_idle(&self) -> Option<ChildProcess> {
        loop {
            let mut idle = lock(&self.state.idle).pop()?;
            // One that was killed while it waited must not be blamed on the next file.
            if idle.child.is_running() {
                return Some(idle.child);
            }
        }
    }

    fn start(&self) -> anyhow::Result<oneshot::Receiver<anyhow::Result<ChildProcess>>> {
        let (started, child) = oneshot::channel();
        self.command(Command::Start(started))?;
        Ok(child)
    }

    /// Takes back a child that did its work properly, unless it is due to be replaced.
    pub fn give_back(&self, mut child: ChildProcess) {
        child.requests += 1;
        if child.requests < self.recycle_after {
            let since = Instant::now();
            lock(&self.state.idle).push(IdleChild { child, since });
            // Starts the thread where the child came from another pool.
            let _ = self.command(Command::Idle);
        }
    }

    fn command(&self, command: Command) -> anyhow::Result<()> {
        let mut slot = lock(&self.thread);
        let thread = match slot.take() {
            Some(thread) => thread,
            None => self.start_thread()?,
        };
        let sent = slot.insert(thread).commands.send(command);
        sent.ok().context(GONE)
    }

    fn start_thread(&self) -> anyhow::Result<PoolThread> {
        let (commands, inbox) = mpsc::channel();
        let (state, fonts) = (Arc::clone(&self.state), fonts::open_system());
        let handle = std::thread::Builder::new()
            .name("jail-pool".to_owned())
            .spawn(move || state.run(&inbox, &fonts))
            .context("starting the thread of the pool")?;
        Ok(PoolThread { commands, handle })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(PoolThread { commands, handle }) = lock(&self.thread).take() {
            drop(commands);
            let _ = handle.join();
        }
    }
}

impl PoolState {
    /// Life of the thread. Sleeps without a time limit while no child is idle: an idle daemon is not woken.
    fn run(&self, inbox: &mpsc::Receiver<Command>, fonts: &[File]) {
        let mut next: Option<Instant> = None;
        loop {
            let command = match next {
                None => inbox.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match command {
                Ok(Command::Start(started)) => {
                    // A child whose caller has left comes back here and is killed.
                    let _ = started.send(self.start(fonts));
                }
                Ok(Command::Idle) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            next = self.retire();
        }
        lock(&self.idle).clear();
    }

    fn start(&self, fonts: &[File]) -> anyhow::Result<ChildProcess> {
        let (child, confinement) = ChildProcess::start(&self.program, fonts, &self.alive)?;
        *lock(&self.confinement) = Some(confinement);
        Ok(child)
    }

    /// Ends the children that have been idle for too long. Returns the time of the next retirement.
    fn retire(&self) -> Option<Instant> {
        let mut idle = lock(&self.idle);
        let retired: Vec<IdleChild> = idle
            .extract_if(.., |idle| idle.since.elapsed() >= self.idle_timeout)
            .collect();
        let next = idle.iter().map(|idle| idle.since + self.idle_timeout).min();
        drop(idle);
        drop(retired);
        next
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
