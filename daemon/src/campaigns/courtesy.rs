//! Lets new uploads pass: a campaign draws while nobody waits, and only a small share of the time while somebody does.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
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
    ended: Mutex<Option<Instant>>,
    yielding: AtomicBool,
}

/// Interactive work that goes on until this is dropped.
#[derive(Debug)]
pub struct Working<'a>(&'a Courtesy);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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

    fn is_busy(&self) -> bool {
        let ended = *self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        self.working.load(Ordering::Relaxed) > 0 || ended.is_some_and(|at| at.elapsed() < BETWEEN_MESSAGES)
    }

    /// Waits until others have passed, for at most `most`, or until the share of a campaign whose last batch ended at `since` and took
    /// `took` is used up. `false`: they have not passed yet.
    pub async fn let_pass(&self, since: Option<Instant>, took: Duration, most: Duration) -> bool {
        let due = (took * SHARE).min(LONGEST);
        let began = Instant::now();
        while self.is_busy() && since.is_some_and(|since| since.elapsed() < due) {
            self.yielding.store(true, Ordering::Relaxed);
            if began.elapsed() >= most {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.yielding.store(false, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_campaign_waits_while_somebody_works_and_no_longer_than_its_share() {
        let courtesy = Courtesy::default();
        let working = courtesy.working();
        let now = Some(Instant::now());
        assert!(
            !courtesy
                .let_pass(now, Duration::from_secs(1), Duration::from_millis(40))
                .await
        );
        assert!(courtesy.is_yielding());
        // What took no time is soon done again.
        assert!(courtesy.let_pass(now, Duration::ZERO, Duration::from_millis(40)).await);
        // Whoever has not done anything yet does not wait for ever, either.
        assert!(
            courtesy
                .let_pass(None, Duration::from_secs(1), Duration::from_millis(40))
                .await
        );
        drop(working);
        assert!(courtesy.is_busy(), "the next message of the same upload comes soon");
    }
}
