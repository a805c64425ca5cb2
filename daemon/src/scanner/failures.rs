//! Failures of the scanner, counted by message.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tradepost_common::ids::MessageId;

/// Messages that are counted at most.
const MAX_REMEMBERED: usize = 10_000;

/// Failures of the scanner, by the message that was scanned.
#[derive(Debug, Default)]
pub struct ScannerFailures(Mutex<HashMap<MessageId, u8>>);

impl ScannerFailures {
    /// Counts one; answers with how many there are.
    pub fn add(&self, message: MessageId) -> u8 {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_REMEMBERED {
            failures.clear();
        }
        let count = failures.entry(message).or_default();
        *count = count.saturating_add(1);
        *count
    }

    pub fn forget(&self, message: MessageId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_by_message_and_forgotten() {
        let (failures, message) = (ScannerFailures::default(), MessageId::new());
        assert_eq!((failures.add(message), failures.add(message)), (1, 2));
        assert_eq!(failures.add(MessageId::new()), 1);
        failures.forget(message);
        assert_eq!(failures.add(message), 1);
    }
}
