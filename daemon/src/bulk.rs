//! Throttles bulk work beside interactive work: it runs while nobody waits, and only a small share of the time while somebody does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Duration, Instant};

/// State of the bulk work of one process.
#[derive(Debug)]
pub struct BulkWork {
    /// One for each message that is worked on at once.
    pub permits: Semaphore,
    pub throttle: BulkThrottle,
    /// The last garbage collection that found nothing more to delete.
    pub swept_at: Mutex<Option<std::time::Instant>>,
}

impl BulkWork {
    /// Works on at most `concurrency` messages at once.
    pub fn new(concurrency: u32) -> Self {
        Self {
            permits: Semaphore::new(concurrency.max(1) as usize),
            throttle: BulkThrottle::default(),
            swept_at: Mutex::default(),
        }
    }
}

/// Between two messages of one upload nothing runs, and yet somebody waits.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(300);
/// Beside interactive work a campaign takes one part of so many of the time.
const SHARE: u32 = 25;
/// It is not throttled for longer than this after one batch.
const LONGEST: Duration = Duration::from_secs(20);

/// Knows whether messages of the interactive lane are handled in this process.
#[derive(Debug, Default)]
pub struct BulkThrottle {
    times: Mutex<Times>,
    /// The last interactive work has ended.
    idle: Notify,
    is_throttled: AtomicBool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// Interactive messages that are handled now.
    interactive: u32,
    /// The end of the last interactive work.
    ended: Option<Instant>,
    /// The time from which a campaign may draw although others wait.
    due: Option<Instant>,
}

/// Interactive work that goes on until this is dropped.
#[derive(Debug)]
pub struct InteractiveWork<'a>(&'a BulkThrottle);

impl Drop for InteractiveWork<'_> {
    fn drop(&mut self) {
        let mut times = self.0.times();
        times.interactive -= 1;
        times.ended = Some(Instant::now());
        if times.interactive == 0 {
            self.0.idle.notify_waiters();
        }
    }
}

impl BulkThrottle {
    /// Notes that a message of the interactive lane is handled.
    pub fn interactive_work(&self) -> InteractiveWork<'_> {
        self.times().interactive += 1;
        InteractiveWork(self)
    }

    /// A campaign waits for interactive work right now.
    pub fn is_throttled(&self) -> bool {
        self.is_throttled.load(Ordering::Relaxed)
    }

    /// Notes that a batch of a campaign is done.
    pub fn batch_done(&self, took: Duration) {
        self.times().due = Some(Instant::now() + (took * SHARE).min(LONGEST));
    }

    /// Waits until a campaign may draw, for at most `most`. `false`: it may not yet.
    pub async fn ready(&self, most: Duration) -> bool {
        let deadline = Instant::now() + most;
        loop {
            let idle = self.idle.notified();
            let at = self.times().ready_at();
            let now = Instant::now();
            let is_ready = at <= now;
            self.is_throttled.store(!is_ready, Ordering::Relaxed);
            if is_ready || now >= deadline {
                return is_ready;
            }
            let wake = at.min(deadline);
            tokio::select! {
                () = idle => {}
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Times {
    /// The time from which a campaign may draw, as far as is known now.
    fn ready_at(&self) -> Instant {
        let now = Instant::now();
        let is_idle = self.interactive == 0;
        let idle = is_idle.then(|| self.ended.map_or(now, |at| at + BETWEEN_MESSAGES));
        let due = self.due.unwrap_or(now);
        idle.map_or(due, |idle| idle.min(due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn a_campaign_waits_for_interactive_work_and_no_longer_than_its_share() {
        let throttle = BulkThrottle::default();
        let work = throttle.interactive_work();
        assert!(throttle.ready(SOON).await, "it has not had its share yet");
        throttle.batch_done(Duration::from_secs(1));
        assert!(!throttle.ready(SOON).await);
        assert!(throttle.is_throttled());
        // Work that took no time may be repeated soon.
        throttle.batch_done(Duration::ZERO);
        assert!(throttle.ready(SOON).await);
        assert!(!throttle.is_throttled());
        throttle.batch_done(Duration::from_secs(1));
        drop(work);
        assert!(
            !throttle.ready(SOON).await,
            "the next message of the same upload comes soon"
        );
        assert!(throttle.ready(BETWEEN_MESSAGES).await);
    }

    #[tokio::test]
    async fn a_campaign_is_woken_when_interactive_work_ends() {
        let throttle = BulkThrottle::default();
        throttle.batch_done(Duration::from_secs(1));
        let work = throttle.interactive_work();
        let began = Instant::now();
        let end = async {
            tokio::time::sleep(SOON).await;
            drop(work);
        };
        let (is_ready, ()) = tokio::join!(throttle.ready(LONGEST), end);
        assert!(is_ready);
        assert!(
            began.elapsed() >= SOON + BETWEEN_MESSAGES && began.elapsed() < LONGEST,
            "{:?}",
            began.elapsed()
        );
    }
}
