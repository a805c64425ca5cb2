//! Lets new uploads pass: a campaign draws while nobody waits, and only a small share of the time while somebody does.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Between two messages of one upload nobody is at work, and yet somebody waits.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(300);
/// Beside uploads a campaign takes one part of so many of the time: it is not to wait for ever.
const SHARE: u32 = 25;
/// It is not kept waiting for longer than this after one batch.
const LONGEST: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// Knows whether work of the interactive lane goes on in this process.
#[derive(Debug, Default)]
pub struct Courtesy {
    working: AtomicU32,
    times: Mutex<Times>,
    yielding: AtomicBool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// When somebody was done last.
    ended: Option<Instant>,
    /// When the last batch of a campaign was done, and what it took.
    batch: Option<(Instant, Duration)>,
}

/// Interactive work that goes on until this is dropped.
#[derive(Debug)]
pub struct Working<'a>(&'a Courtesy);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.times().ended = Some(Instant::now());
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Courtesy {
    /// Somebody works on a message of the interactive lane.
    pub fn working(&self) -> Working<'_> {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(self)
    }

    /// Whether a campaign is waiting for others right now.
    pub fn is_yielding(&self) -> bool {
        self.yielding.load(Ordering::Relaxed)
    }

    /// A batch of a campaign is done.
    pub fn drew(&self, took: Duration) {
        self.times().batch = Some((Instant::now(), took));
    }

    /// Waits until others have passed, or the share of campaigns is due again, for at most `most`. `false`: neither is so yet.
    pub async fn let_pass(&self, most: Duration) -> bool {
        let began = Instant::now();
        while self.is_busy() && !self.is_due() {
            self.yielding.store(true, Ordering::Relaxed);
            if began.elapsed() >= most {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.yielding.store(false, Ordering::Relaxed);
        true
    }

    fn is_busy(&self) -> bool {
        let ended = self.times().ended;
        self.working.load(Ordering::Relaxed) > 0 || ended.is_some_and(|at| at.elapsed() < BETWEEN_MESSAGES)
    }

    fn is_due(&self) -> bool {
        let batch = self.times().batch;
        batch.is_none_or(|(at, took)| at.elapsed() >= (took * SHARE).min(LONGEST))
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(40);

    #[tokio::test]
    async fn a_campaign_waits_while_somebody_works_and_no_longer_than_its_share() {
        let courtesy = Courtesy::default();
        let working = courtesy.working();
        assert!(courtesy.let_pass(SOON).await, "it has not had its share yet");
        courtesy.drew(Duration::from_secs(1));
        assert!(!courtesy.let_pass(SOON).await);
        assert!(courtesy.is_yielding());
        // What took no time is soon done again.
        courtesy.drew(Duration::ZERO);
        assert!(courtesy.let_pass(SOON).await);
        assert!(!courtesy.is_yielding());
        drop(working);
        assert!(courtesy.is_busy(), "the next message of the same upload comes soon");
    }
}
