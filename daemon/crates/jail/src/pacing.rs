//! Quick files do not wait for slow ones.
//!
//! Nothing shows beforehand that 254 bytes of SVG draw for five seconds. So every file starts with a permit for quick ones. One that runs longer than
//! [`crate::Limits::slow_after`] is throttled: its child gets a low priority, and its permit is exchanged for one of the few for slow files. A file
//! that gets none keeps its own until another file wants it. Then it is stopped and deferred, and its hash is remembered, so that next time it waits
//! for a permit for slow files without disturbing others first.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are remembered as slow. With more than that at once, the first are tried as quick ones again.
const MAX_REMEMBERED: usize = 10_000;

/// Permits for files.
pub struct Pacing {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    queue: Mutex<Queue>,
    remembered: Mutex<HashSet<[u8; 32]>>,
}

/// Files that wait for a permit for quick ones, and files that were deferred for them and still have theirs.
#[derive(Default)]
struct Queue {
    waiting: usize,
    stopping: usize,
}

/// A permit that moves with the work: it is held until the child is idle or dead, even if nobody waits for the work any more.
pub type FilePermit = Arc<Mutex<OwnedSemaphorePermit>>;

/// Start of a file.
pub enum Admission {
    Quick(FilePermit),
    /// The file was slow before: it starts throttled.
    Slow(FilePermit),
    /// The file was slow before, and no permit for slow files is free.
    Deferred,
}

/// Result of asking for a permit for slow files.
pub enum Throttling {
    Granted,
    /// No permit is free, but no other file waits for this one's.
    Stay,
    /// The file is to be stopped.
    Deferred,
}

/// Counts a waiting file, also when it gives up.
struct Waiting<'a>(&'a Pacing);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.waiting -= 1;
        queue.stopping = queue.stopping.saturating_sub(1);
    }
}

impl Pacing {
    pub fn new(quick: usize, slow: &Arc<Semaphore>) -> Self {
        Self {
            quick: Arc::new(Semaphore::new(quick.max(1))),
            slow: Arc::clone(slow),
            queue: Mutex::default(),
            remembered: Mutex::default(),
        }
    }

    /// True if the file would be deferred now.
    pub fn defers(&self, hash: &[u8; 32]) -> bool {
        self.slow.available_permits() == 0 && self.remembered().contains(hash)
    }

    /// Waits for a permit for a file. `hash` is its SHA-256.
    pub async fn admit(&self, hash: &[u8; 32]) -> anyhow::Result<Admission> {
        if self.remembered().contains(hash) {
            return Ok(match Arc::clone(&self.slow).try_acquire_owned() {
                Ok(permit) => Admission::Slow(Arc::new(Mutex::new(permit))),
                Err(_) => Admission::Deferred,
            });
        }
        Ok(Admission::Quick(Arc::new(Mutex::new(self.admit_quick().await?))))
    }

    /// Waits for a permit for quick files.
    pub async fn admit_quick(&self) -> anyhow::Result<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.quick).try_acquire_owned() {
            return Ok(permit);
        }
        self.queue().waiting += 1;
        let _waiting = Waiting(self);
        Ok(Arc::clone(&self.quick).acquire_owned().await?)
    }

    /// Exchanges the permit of a file that turned out to be slow.
    pub fn throttle(&self, hash: &[u8; 32], permit: &FilePermit) -> Throttling {
        if let Ok(slow) = Arc::clone(&self.slow).try_acquire_owned() {
            *permit.lock().unwrap_or_else(PoisonError::into_inner) = slow;
            return Throttling::Granted;
        }
        {
            // One file is deferred for each that waits, not all that are slow while the first one is being stopped.
            let mut queue = self.queue();
            if queue.waiting <= queue.stopping {
                return Throttling::Stay;
            }
            queue.stopping += 1;
        }
        let mut remembered = self.remembered();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(*hash);
        Throttling::Deferred
    }

    /// The file was opened or refused.
    pub fn forget(&self, hash: &[u8; 32]) {
        self.remembered().remove(hash);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remembered(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
