//! Remembers texts that were searched for without finding anything, or slowly, until a task writes them down.
//!
//! A text that may be somebody's address or number is not kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Different texts between two flushes; what more come is not kept.
const MAX_TEXTS: usize = 5_000;
/// A search that takes longer is slow.
pub const SLOW: Duration = Duration::from_millis(100);
/// Digits of a text that is kept.
const MAX_DIGITS: usize = 5;

/// The searches for a text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Searches {
    pub found_nothing: i32,
    pub slow: i32,
    pub slowest_ms: i32,
}

/// The texts since the last flush.
#[derive(Debug, Default)]
pub struct QueryLog(Mutex<HashMap<String, Searches>>);

impl QueryLog {
    /// Notes a search that found `total` items, if operators want to know of it.
    pub fn note(&self, text: &str, total: u64, took: Duration) {
        let (is_empty, is_slow) = (total == 0, took >= SLOW);
        let text = text.trim().to_lowercase();
        if text.is_empty() || !(is_empty || is_slow) || is_personal(&text) {
            return;
        }
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() >= MAX_TEXTS && !log.contains_key(&text) {
            return;
        }
        let known = log.entry(text).or_default();
        known.found_nothing += i32::from(is_empty);
        known.slow += i32::from(is_slow);
        known.slowest_ms = known
            .slowest_ms
            .max(i32::try_from(took.as_millis()).unwrap_or(i32::MAX));
    }

    /// Everything since the last call.
    pub fn take(&self) -> HashMap<String, Searches> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_personal(text: &str) -> bool {
    text.contains('@') || text.chars().filter(char::is_ascii_digit).count() > MAX_DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_found_nothing_or_slowly_is_kept_and_no_address() {
        let log = QueryLog::default();
        let quick = Duration::from_millis(3);
        log.note(" Unicorn ", 0, quick);
        log.note("unicorn", 0, SLOW);
        log.note("arrow", 5, quick);
        log.note("ann@example.org", 0, quick);
        log.note("0170 1234567", 0, quick);
        log.note("", 0, SLOW);
        let searches = Searches {
            found_nothing: 2,
            slow: 1,
            slowest_ms: 100,
        };
        assert_eq!(log.take(), HashMap::from([("unicorn".to_owned(), searches)]));
        assert!(log.take().is_empty());
    }
}
