//! The pace of the handlers of one queue, and the number of messages that may be claimed ahead of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Messages are claimed ahead for this time at most: an interactive message that is sent now starts after them.
const AHEAD: Duration = Duration::from_millis(20);
/// The weight of the last handler in the mean is one of this many parts.
const PARTS: u64 = 8;

/// The mean time of a handler, the last ones counting most.
#[derive(Debug, Default)]
pub struct Pace {
    /// 0: no handler has ended yet.
    mean_nanos: AtomicU64,
}

impl Pace {
    /// A handler has ended after this time.
    pub fn record(&self, took: Duration) {
        let took = nanos(took);
        let mean = match self.mean_nanos.load(Ordering::Relaxed) {
            0 => took,
            mean => mean - mean / PARTS + took / PARTS,
        };
        // One of two handlers that end at once may be lost: it is an estimate.
        self.mean_nanos.store(mean.max(1), Ordering::Relaxed);
    }

    /// Takes the handlers for at least this slow until some have ended.
    pub fn slow_down(&self, to: Duration) {
        self.mean_nanos.fetch_max(nanos(to), Ordering::Relaxed);
    }

    /// The number of messages that so many handlers start within [`AHEAD`], at most `most`. Without a measurement it is 0.
    pub fn ahead(&self, handlers: u32, most: u32) -> u32 {
        match self.mean_nanos.load(Ordering::Relaxed) {
            0 => 0,
            mean => {
                let started = nanos(AHEAD) * u64::from(handlers) / mean;
                u32::try_from(started).unwrap_or(u32::MAX).min(most)
            }
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / PARTS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROSECOND: Duration = Duration::from_micros(1);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn nothing_is_claimed_ahead_before_a_handler_has_ended() {
        let pace = Pace::default();
        assert_eq!(pace.ahead(24, 200), 0);
        pace.record(MICROSECOND);
        assert_eq!(pace.ahead(24, 200), 200);
    }

    #[test]
    fn slow_handlers_leave_nothing_to_claim_ahead() {
        let pace = Pace::default();
        pace.record(SECOND);
        assert_eq!(pace.ahead(24, 200), 0);
        // Four handlers of 10 ms start eight messages in 20 ms.
        let pace = Pace::default();
        pace.record(10_000 * MICROSECOND);
        assert_eq!(pace.ahead(4, 200), 8);
    }

    #[test]
    fn one_slow_handler_among_quick_ones_is_forgotten_after_some() {
        let pace = Pace::default();
        pace.record(MICROSECOND);
        pace.record(4 * SECOND);
        assert_eq!(pace.ahead(4, 200), 0);
        (0..100).for_each(|_| pace.record(MICROSECOND));
        assert_eq!(pace.ahead(4, 200), 200);
        pace.slow_down(SECOND);
        assert_eq!(pace.ahead(4, 200), 0);
    }
}
