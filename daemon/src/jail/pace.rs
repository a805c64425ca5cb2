//! Quick files do not wait for slow ones.
//!
//! Nobody can tell beforehand that 254 bytes of SVG draw for five seconds. So every file starts in a place for quick ones; one that is still at it after
//! [`super::Limits::slow_after`] is moved: its child gets the lowest priority, and its place is free again. There are few places for slow files. One that
//! finds none keeps its own until somebody else wants it; then it is stopped and put off, and remembered by its hash, so that next time it waits for a
//! place for slow files without disturbing anybody first.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are remembered as slow; more than that at once, and the first are tried as quick ones again.
const MAX_REMEMBERED: usize = 10_000;
/// The lowest priority there is.
const LOWEST: i32 = 19;

/// Who works where.
#[derive(Debug)]
pub struct Pace {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    /// Files that want a place for quick ones and have none.
    waiting: AtomicUsize,
    remembered: Mutex<HashSet<[u8; 32]>>,
}

/// A place that travels with the work, so that it stays taken until the child is idle or dead, even if nobody waits for the work any more.
pub type Place = Arc<Mutex<OwnedSemaphorePermit>>;

/// Where a file begins.
pub enum Start {
    Quick(Place),
    /// It was slow before: its child begins with the lowest priority.
    Slow(Place),
    /// It was slow before, and every place for slow files is taken.
    PutOff,
}

/// What becomes of a file that turned out to be slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It has a place for slow files now.
    Aside,
    /// There is none, but nobody wants its place.
    Stay,
    /// It is to be stopped.
    PutOff,
}

/// Counts one that waits for as long as it does, also when it gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pace {
    pub fn new(quick: usize, slow: usize) -> Self {
        Self {
            quick: Arc::new(Semaphore::new(quick.max(1))),
            slow: Arc::new(Semaphore::new(slow.max(1))),
            waiting: AtomicUsize::default(),
            remembered: Mutex::default(),
        }
    }

    /// Waits for a place for a file. `hash` is its SHA-256.
    pub async fn start(&self, hash: &[u8; 32]) -> anyhow::Result<Start> {
        if !self.remembered().contains(hash) {
            return Ok(Start::Quick(self.place().await?));
        }
        Ok(match Arc::clone(&self.slow).try_acquire_owned() {
            Ok(permit) => Start::Slow(Arc::new(Mutex::new(permit))),
            Err(_) => Start::PutOff,
        })
    }

    /// Waits for a place for work whose time is known.
    pub async fn place(&self) -> anyhow::Result<Place> {
        let permit = match Arc::clone(&self.quick).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _waiting = Waiting::new(&self.waiting);
                Arc::clone(&self.quick).acquire_owned().await?
            }
        };
        Ok(Arc::new(Mutex::new(permit)))
    }

    /// What becomes of a file that is still at it: to be asked again and again while it stays where it is.
    pub fn slow_down(&self, hash: &[u8; 32], place: &Place) -> Turn {
        if let Ok(permit) = Arc::clone(&self.slow).try_acquire_owned() {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = permit;
            return Turn::Aside;
        }
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return Turn::Stay;
        }
        let mut remembered = self.remembered();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(*hash);
        Turn::PutOff
    }

    /// The file was opened or refused.
    pub fn forget(&self, hash: &[u8; 32]) {
        self.remembered().remove(hash);
    }

    fn remembered(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a child of ours the lowest priority; one that is gone already does not matter.
pub fn lower(process: Pid) {
    let id = process.as_raw().unsigned_abs();
    #[expect(unsafe_code, reason = "there is no safe wrapper of setpriority")]
    // SAFETY: takes three numbers and touches no memory of ours. The process is a child that was not waited for, so the number is still its own.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, id, LOWEST);
    }
}
