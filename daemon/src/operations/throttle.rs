//! Limits an operation to a rate that grows to its limit, and measures the rate it has.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The rate begins at a tenth of its limit and doubles every second.
const START: f64 = 0.1;
/// Unused capacity is caught up for at most this long.
const CATCH_UP: Duration = Duration::from_millis(500);
/// The measured rate is an average of this time.
const WINDOW: Duration = Duration::from_secs(5);

/// Limits one run of an operation.
#[derive(Debug)]
pub struct Throttle {
    /// Items a second; `None`: unlimited.
    limit: Option<u32>,
    started: Instant,
    last: Instant,
    budget: f64,
}

impl Throttle {
    pub fn new(limit: Option<u32>, now: Instant) -> Self {
        Self {
            limit,
            started: now,
            last: now,
            budget: 0.0,
        }
    }

    /// Sets another limit. One where there was none begins low.
    pub fn set_limit(&mut self, limit: Option<u32>, now: Instant) {
        if self.limit.is_none() && limit.is_some() {
            *self = Self::new(limit, now);
        }
        self.limit = limit;
    }

    /// Items that may be taken now.
    pub fn allowed(&mut self, now: Instant) -> u64 {
        let Some(limit) = self.limit.map(f64::from) else {
            return u64::MAX;
        };
        let passed = now.duration_since(self.last).as_secs_f64();
        let doublings = now.duration_since(self.started).as_secs_f64();
        let rate = (limit * START * doublings.exp2()).min(limit);
        self.budget = (self.budget + rate * passed).min((rate * CATCH_UP.as_secs_f64()).max(1.0));
        self.last = now;
        self.budget as u64
    }

    /// Notes that items were taken.
    pub fn spend(&mut self, items: u64) {
        self.budget -= items as f64;
    }
}

/// Measures the rate of one run of an operation.
#[derive(Debug, Default)]
pub struct RateMeter {
    /// Items acted on, at a time.
    samples: VecDeque<(Instant, i64)>,
}

impl RateMeter {
    /// Items a second over the last 5 s, given how many were acted on up to now.
    pub fn rate(&mut self, acted: i64, now: Instant) -> f64 {
        self.samples.push_back((now, acted));
        while self
            .samples
            .front()
            .is_some_and(|(at, _)| now.duration_since(*at) > WINDOW)
        {
            self.samples.pop_front();
        }
        let Some((from, before)) = self.samples.front() else {
            return 0.0;
        };
        let seconds = now.duration_since(*from).as_secs_f64().max(0.1);
        ((acted - before) as f64 / seconds * 10.0).round() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_grows_to_its_limit_and_stays_there() {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(2_000), start);
        let (mut meter, mut rate, mut sum) = (RateMeter::default(), 0.0, 0);
        let mut by_second = [0; 10];
        for tick in 1..200 {
            let now = start + Duration::from_millis(50 * tick);
            let allowed = throttle.allowed(now);
            throttle.spend(allowed);
            by_second[tick as usize / 20] += allowed;
            sum += allowed.cast_signed();
            rate = meter.rate(sum, now);
        }
        assert!(by_second[0] < 400, "{by_second:?}");
        for second in &by_second[5..9] {
            assert!((1_990..=2_010).contains(second), "{by_second:?}");
        }
        assert!((1_950.0..=2_050.0).contains(&rate), "{rate}");
    }

    #[test]
    fn a_pause_is_not_caught_up_with() {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(100), start);
        throttle.allowed(start + Duration::from_secs(20));
        assert_eq!(throttle.allowed(start + Duration::from_secs(60)), 50);
    }

    #[test]
    fn a_limit_that_comes_later_begins_low() {
        let start = Instant::now();
        let mut throttle = Throttle::new(None, start);
        assert_eq!(throttle.allowed(start), u64::MAX);
        throttle.spend(1_000_000);
        let later = start + Duration::from_secs(60);
        throttle.set_limit(Some(1_000), later);
        assert!((5..=11).contains(&throttle.allowed(later + Duration::from_millis(50))));
    }
}
