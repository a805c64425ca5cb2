//! An attempt that failed because the scanner is away or a disk is full is no attempt: the work waits.
//!
//! Otherwise five tries would bury every upload of a night in which clamd did not run. A file that breaks the scanner must not wait
//! for ever, though: when the scanner works for everything else, or went down with the same message five times, it is the file.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tradepost_common::ids::MessageId;
use tradepost_common::overview::Severity;

use super::clamd::{Culprit, ScanError, probe};
use super::pinned::Swapped;
use crate::app::App;
use crate::queue::{Message, Outcome};

/// The queue stands still by itself while the scanner is down: what was received before looks again soon.
const SCANNER_WAIT: Duration = Duration::from_secs(2);
/// A scanner that came back within this time may have dropped what it had in hand before.
const STEADY: time::Duration = time::Duration::seconds(60);
const DISK_WAIT: Duration = Duration::from_secs(5);
/// Times that the scanner may fail with a message in hand before it is held against the message.
const MAX_STRIKES: u8 = 5;
/// Messages that strikes are remembered of.
const MAX_REMEMBERED: usize = 10_000;

/// How often the scanner failed with a message in hand.
#[derive(Debug, Default)]
pub struct Strikes(Mutex<HashMap<MessageId, u8>>);

impl Strikes {
    fn add(&self, message: MessageId) -> u8 {
        let mut strikes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if strikes.len() >= MAX_REMEMBERED {
            strikes.clear();
        }
        let count = strikes.entry(message).or_default();
        *count = count.saturating_add(1);
        *count
    }

    fn forget(&self, message: MessageId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&message);
    }
}

/// Turns a failure that is not the message's own into waiting.
///
/// # Errors
/// The failures that count as an attempt.
pub async fn instead_of_failing(
    app: &App,
    message: &Message,
    result: anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    let error = match result {
        Ok(outcome) => {
            if outcome == Outcome::Done {
                app.scans.strikes.forget(message.id());
            }
            return Ok(outcome);
        }
        Err(error) => error,
    };
    if is_disk_full(&error) {
        let what = format!("the disk is full, uploads wait: {error:#}");
        app.alerts.raise("disk-full", Severity::Critical, what);
        return Ok(Outcome::Retry(DISK_WAIT));
    }
    if let Some(swapped) = error.downcast_ref::<Swapped>() {
        app.alerts.raise(
            "bytes-swapped",
            Severity::Critical,
            format!("{swapped} (in the queue {})", message.queue().as_str()),
        );
    }
    let Some(fault) = error.downcast_ref::<ScanError>() else {
        return Err(error);
    };
    app.scans.meter.failed(fault.code());
    if !is_scanners(app, message, fault).await {
        return Err(error);
    }
    app.scans.doubts.notify_one();
    let (queue, id, reason) = (message.queue().as_str(), message.id(), fault.code());
    tracing::info!(queue, message.id = %id, reason, "no verdict, the work waits: {fault}");
    Ok(Outcome::Retry(SCANNER_WAIT))
}

/// Whether the scanner fails, rather than this file.
async fn is_scanners(app: &App, message: &Message, fault: &ScanError) -> bool {
    match fault.culprit() {
        Culprit::Scanner => true,
        Culprit::Bytes => false,
        Culprit::Unknown => {
            let status = app.scanner.borrow().clone();
            let works = match status.scanner() {
                Some(scanner) if OffsetDateTime::now_utc() - status.since > STEADY => {
                    probe::works(&scanner.socket).await.is_ok()
                }
                _ => false,
            };
            !works && app.scans.strikes.add(message.id()) <= MAX_STRIKES
        }
    }
}

fn is_disk_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let full =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        cause.downcast_ref::<io::Error>().is_some_and(full)
    })
}

/// Clears the alert of a full disk once the store takes bytes again.
pub async fn watch_disk(app: &App) {
    if app.alerts.is_raised("disk-full") && app.store.has_room().await {
        app.alerts.clear("disk-full");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_full_disk_is_known_through_what_was_said_around_it() {
        let full = Err::<(), _>(io::Error::from_raw_os_error(28)).context("storing the renditions");
        assert!(is_disk_full(&full.unwrap_err()));
        let other = Err::<(), _>(io::Error::from_raw_os_error(13)).context("storing the renditions");
        assert!(!is_disk_full(&other.unwrap_err()));
    }

    #[test]
    fn strikes_are_counted_by_message_and_forgotten() {
        let (strikes, message) = (Strikes::default(), MessageId::new());
        assert_eq!((strikes.add(message), strikes.add(message)), (1, 2));
        assert_eq!(strikes.add(MessageId::new()), 1);
        strikes.forget(message);
        assert_eq!(strikes.add(message), 1);
    }
}
