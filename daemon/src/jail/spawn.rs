//! The children themselves: starting, keeping, retiring and killing them.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};
use tradepost_render::fonts;
use tradepost_render::presets::Preset;

use super::confine::{Confinement, Walls};
use super::talk::{self, WITH_FONTS};
use super::wire::{self, Bounds, Hello};

/// The hidden command that makes this binary a child.
pub const COMMAND: &str = "jail-child";

/// What is kept of a child's last words.
const STDERR_BYTES: u64 = 8 << 10;

/// A child that has not put up its walls by then never will.
const GET_READY: Duration = Duration::from_secs(20);
const HELLO_BOUNDS: Bounds = Bounds {
    head_bytes: 16 << 10,
    blobs: 0,
    blob_bytes: 0,
};

/// How a child is made.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub executable: PathBuf,
    pub walls: Walls,
}

/// One running child. Dropping it kills its process group and waits for it.
pub struct Child {
    process: std::process::Child,
    pub socket: UnixStream,
    files: u32,
    /// The presets that it was last told of with a batch.
    pub presets: Option<Arc<[Preset]>>,
    /// Runs at the lowest priority, from which an unprivileged process does not come back.
    slowed: bool,
    /// Counts it until it is gone.
    _alive: Alive,
}

impl Child {
    fn start(recipe: &Recipe, fonts: &[File], alive: &Arc<AtomicU32>) -> anyhow::Result<(Self, Confinement)> {
        let mut child = Self::spawn(recipe, alive)?;
        match child.meet(fonts) {
            Ok(confinement) => Ok((child, confinement)),
            Err(error) => {
                let (_, words) = child.end();
                Err(error.context(format!("the child did not get ready: {}", words.trim())))
            }
        }
    }

    /// Hands the fonts over and waits until the child has put up its walls.
    fn meet(&mut self, fonts: &[File]) -> anyhow::Result<Confinement> {
        talk::hand_over(&self.socket, WITH_FONTS, fonts.iter()).context("handing over the fonts")?;
        self.socket.set_read_timeout(Some(GET_READY))?;
        let hello: Hello = wire::read_frame(&self.socket, &HELLO_BOUNDS)?.head()?;
        Ok(hello.confinement)
    }

    fn spawn(recipe: &Recipe, alive: &Arc<AtomicU32>) -> anyhow::Result<Self> {
        let Recipe { executable, walls } = recipe;
        let (socket, theirs) = UnixStream::pair().context("making a socket pair")?;
        let mut command = Command::new(executable);
        if let Some((user, group)) = unprivileged() {
            command.uid(user).gid(group);
        }
        let process = command
            .arg(COMMAND)
            .args(walls.to_arguments())
            .env_clear()
            // Pictures of a megabyte come and go: the kernel clearing their pages each time was a quarter of the time of a simple one.
            .env("MALLOC_MMAP_THRESHOLD_", "33554432")
            .env("MALLOC_TRIM_THRESHOLD_", "67108864")
            .current_dir("/")
            // The child takes its end of the socket pair from descriptor 0 and puts /dev/null there.
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {} {COMMAND}", executable.display()))?;
        Ok(Self {
            process,
            socket,
            files: 0,
            presets: None,
            slowed: false,
            _alive: Alive::new(alive),
        })
    }

    /// Kills the child, if it is not gone already, and says how it ended and what it wrote to its standard error.
    pub fn end(mut self) -> (Option<ExitStatus>, String) {
        let status = self.kill();
        let mut words = Vec::new();
        if let Some(stderr) = self.process.stderr.take() {
            // The whole process group is dead, so the pipe has an end.
            let _ = stderr.take(STDERR_BYTES).read_to_end(&mut words);
        }
        (status, String::from_utf8_lossy(&words).into_owned())
    }

    /// The number of the process, for as long as the child is not ended.
    pub fn process_id(&self) -> Pid {
        Pid::from_raw(self.process.id().cast_signed())
    }

    /// The child was given the lowest priority: it is not used again.
    pub fn mark_slowed(&mut self) {
        self.slowed = true;
    }

    /// Time of the processor that it has had since it started; also of one that has ended and was not waited for.
    pub fn cpu(&self) -> Duration {
        cpu_of(self.process_id()).unwrap_or_default()
    }

    fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// A child that is exiting by itself keeps its own status: a signal does not change it any more.
    fn kill(&mut self) -> Option<ExitStatus> {
        if let Ok(Some(status)) = self.process.try_wait() {
            return Some(status);
        }
        // Not reaped yet, so the number is still the child's.
        let _ = killpg(self.process_id(), Signal::SIGKILL);
        self.process.wait().ok()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// From `/proc/PID/stat`: the 14th and 15th field, in clock ticks, counted behind the name, which may hold anything.
fn cpu_of(process: Pid) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    Some(Duration::from_secs_f64((user + system) as f64 / ticks as f64))
}

/// Counts the children that are there.
struct Alive(Arc<AtomicU32>);

impl Alive {
    fn new(count: &Arc<AtomicU32>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whom a child runs as when the daemon is root: nobody.
fn unprivileged() -> Option<(u32, u32)> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    let nobody = nix::unistd::User::from_name("nobody").ok().flatten();
    Some(nobody.map_or((65_534, 65_534), |user| (user.uid.as_raw(), user.gid.as_raw())))
}

struct Idle {
    child: Child,
    since: Instant,
}

type IdleList = Arc<Mutex<Vec<Idle>>>;

enum Order {
    Start(oneshot::Sender<anyhow::Result<Child>>),
    /// A child became idle: see to its retirement.
    Idle,
}

/// The children that wait for work, and the thread that starts and retires them.
///
/// A parent-death signal is sent when the *thread* that started the child ends, so children are started by one thread that lives as long as the
/// pool, never by one of the runtime's, which come and go.
pub struct Pool {
    recipe: Recipe,
    confinement: watch::Sender<Option<Confinement>>,
    keep: Duration,
    recycle_after: u32,
    idle: IdleList,
    alive: Arc<AtomicU32>,
    /// Started with the first child.
    warden: Mutex<Option<Hired>>,
}

struct Hired {
    orders: mpsc::Sender<Order>,
    thread: JoinHandle<()>,
}

impl Pool {
    /// An empty pool: nothing is started yet.
    pub fn new(recipe: Recipe, keep: Duration, recycle_after: u32) -> Self {
        Self {
            recipe,
            confinement: watch::Sender::new(None),
            keep,
            recycle_after,
            idle: IdleList::default(),
            alive: Arc::default(),
            warden: Mutex::default(),
        }
    }

    /// How many children there are, idle or at work.
    pub fn alive(&self) -> u32 {
        self.alive.load(Ordering::Relaxed)
    }

    /// What holds the children; `None` until the first one was started.
    pub fn confinement(&self) -> Option<Confinement> {
        self.confinement.borrow().clone()
    }

    /// An idle child, the one used last, or a new one.
    pub async fn take(&self) -> anyhow::Result<Child> {
        match self.take_idle() {
            Some(child) => Ok(child),
            None => self.start()?.await.context("the jail's thread is gone")?,
        }
    }

    /// The same on a thread that may block.
    pub fn take_blocking(&self) -> anyhow::Result<Child> {
        match self.take_idle() {
            Some(child) => Ok(child),
            None => self.start()?.blocking_recv().context("the jail's thread is gone")?,
        }
    }

    fn take_idle(&self) -> Option<Child> {
        while let Some(mut idle) = self.pop_idle() {
            // One that was killed while it waited must not be blamed on the next file.
            if idle.child.is_running() {
                return Some(idle.child);
            }
        }
        None
    }

    fn start(&self) -> anyhow::Result<oneshot::Receiver<anyhow::Result<Child>>> {
        let (answer, child) = oneshot::channel();
        self.order(Order::Start(answer))?;
        Ok(child)
    }

    /// Takes back a child that did its work properly; replaces it when it has seen enough.
    pub fn give_back(&self, mut child: Child) {
        child.files += 1;
        if child.files < self.recycle_after && !child.slowed {
            lock(&self.idle).push(Idle {
                child,
                since: Instant::now(),
            });
            // The thread is there: it started this child.
            let _ = self.order(Order::Idle);
        }
    }

    fn pop_idle(&self) -> Option<Idle> {
        lock(&self.idle).pop()
    }

    fn order(&self, order: Order) -> anyhow::Result<()> {
        let mut warden = lock(&self.warden);
        let hired = match warden.take() {
            Some(hired) => hired,
            None => self.hire()?,
        };
        let sent = hired.orders.send(order);
        *warden = Some(hired);
        sent.map_err(|_| anyhow::anyhow!("the jail's thread is gone"))
    }

    fn hire(&self) -> anyhow::Result<Hired> {
        let (orders, inbox) = mpsc::channel();
        let warden = Warden {
            recipe: self.recipe.clone(),
            confinement: self.confinement.clone(),
            fonts: fonts::open_system(),
            keep: self.keep,
            idle: Arc::clone(&self.idle),
            alive: Arc::clone(&self.alive),
        };
        let thread = std::thread::Builder::new()
            .name("jail-warden".to_owned())
            .spawn(move || warden.run(&inbox))
            .context("starting the jail's thread")?;
        Ok(Hired { orders, thread })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(Hired { orders, thread }) = lock(&self.warden).take() {
            drop(orders);
            let _ = thread.join();
        }
    }
}

struct Warden {
    recipe: Recipe,
    confinement: watch::Sender<Option<Confinement>>,
    /// Opened once; every child gets them.
    fonts: Vec<File>,
    keep: Duration,
    idle: IdleList,
    alive: Arc<AtomicU32>,
}

impl Warden {
    /// Sleeps without a time limit while there is no idle child: an idle daemon is not woken.
    fn run(self, inbox: &mpsc::Receiver<Order>) {
        let mut next: Option<Instant> = None;
        loop {
            let order = match next {
                None => inbox.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match order {
                Ok(Order::Start(answer)) => self.start(answer),
                Ok(Order::Idle) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            next = self.retire();
        }
        lock(&self.idle).clear();
    }

    fn start(&self, answer: oneshot::Sender<anyhow::Result<Child>>) {
        let started = Child::start(&self.recipe, &self.fonts, &self.alive).map(|(child, confinement)| {
            self.confinement.send_replace(Some(confinement));
            child
        });
        // Nobody waits any more: the child comes back here and is killed.
        let _ = answer.send(started);
    }

    /// Ends the children that have been idle for too long; says when to look again.
    fn retire(&self) -> Option<Instant> {
        let mut idle = lock(&self.idle);
        let retired: Vec<Idle> = idle.extract_if(.., |idle| idle.since.elapsed() >= self.keep).collect();
        let next = idle.iter().map(|idle| idle.since + self.keep).min();
        drop(idle);
        drop(retired);
        next
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
