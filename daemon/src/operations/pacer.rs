//! How many messages an operation may send now: a rate that grows to its limit.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The rate begins at a tenth of its limit and doubles every second.
const START: f64 = 0.1;
/// What could not be sent is caught up with for at most so long.
const CATCH_UP: Duration = Duration::from_millis(500);
/// The rate that is shown is an average of so long.
const WINDOW: Duration = Duration::from_secs(5);

/// Paces one run of an operation.
#[derive(Debug)]
pub struct Pacer {
    limit: f64,
    started: Instant,
    last: Instant,
    budget: f64,
    sent: VecDeque<(Instant, u64)>,
}

impl Pacer {
    pub fn new(limit_per_second: u32, now: Instant) -> Self {
        Self {
            limit: f64::from(limit_per_second),
            started: now,
            last: now,
            budget: 0.0,
            sent: VecDeque::new(),
        }
    }

    pub fn set_limit(&mut self, limit_per_second: u32) {
        self.limit = f64::from(limit_per_second);
    }

    /// How many may be sent now.
    pub fn allowed(&mut self, now: Instant) -> u64 {
        let passed = now.duration_since(self.last).as_secs_f64();
        let doublings = now.duration_since(self.started).as_secs_f64();
        let rate = (self.limit * START * doublings.exp2()).min(self.limit);
        self.budget = (self.budget + rate * passed).min((rate * CATCH_UP.as_secs_f64()).max(1.0));
        self.last = now;
        self.budget as u64
    }

    /// So many were sent.
    pub fn spent(&mut self, messages: u64, now: Instant) {
        self.budget -= messages as f64;
        self.sent.push_back((now, messages));
    }

    /// Messages a second over the last 5 s.
    pub fn rate(&mut self, now: Instant) -> f64 {
        while self
            .sent
            .front()
            .is_some_and(|(at, _)| now.duration_since(*at) > WINDOW)
        {
            self.sent.pop_front();
        }
        let window = now.duration_since(self.started).min(WINDOW).as_secs_f64().max(0.1);
        let sent: u64 = self.sent.iter().map(|(_, messages)| messages).sum();
        (sent as f64 / window * 10.0).round() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_to_its_limit_and_stays_there() {
        let start = Instant::now();
        let mut pacer = Pacer::new(2_000, start);
        let mut by_second = [0; 10];
        for tick in 1..200 {
            let now = start + Duration::from_millis(50 * tick);
            let allowed = pacer.allowed(now);
            pacer.spent(allowed, now);
            by_second[tick as usize / 20] += allowed;
        }
        assert!(by_second[0] < 400, "{by_second:?}");
        for second in &by_second[5..9] {
            assert!((1_990..=2_010).contains(second), "{by_second:?}");
        }
        assert!((1_950.0..=2_050.0).contains(&pacer.rate(start + Duration::from_secs(10))));
    }

    #[test]
    fn a_pause_is_not_caught_up_with() {
        let start = Instant::now();
        let mut pacer = Pacer::new(100, start);
        pacer.allowed(start + Duration::from_secs(20));
        assert_eq!(pacer.allowed(start + Duration::from_secs(60)), 50);
    }
}
