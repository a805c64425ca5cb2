//! A failure because the scanner is away or the disk is full does not count as an attempt: the message waits.
//!
//! Otherwise five attempts would dead-letter every upload of a night in which clamd did not run. A file that breaks the scanner must not
//! wait for ever, though: when the scanner works for everything else, or failed five times with the same message, the file is the cause.

use std::time::Duration;

use time::OffsetDateTime;
use tradepost_queue::{Message, Outcome};

use crate::app::App;
use crate::clamd::{ErrorOrigin, ScanError, probe};
use crate::error::is_disk_full;
use crate::pinned::Swapped;
use crate::telemetry::alerts::AlertCode;

/// The queue receives nothing while the scanner is down; messages in flight are retried after this time.
const SCANNER_WAIT: Duration = Duration::from_secs(2);
/// A scanner that came back within this time may have dropped scans in flight.
const STEADY: time::Duration = time::Duration::seconds(60);
const DISK_WAIT: Duration = Duration::from_secs(5);
/// Failures of the scanner with one message after which the message is the cause.
const MAX_FAILURES: u8 = 5;

/// Turns a failure with an external cause into a retry that is no attempt.
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
                app.scans.failures.forget(message.id());
            }
            return Ok(outcome);
        }
        Err(error) => error,
    };
    if is_disk_full(&error) {
        let what = format!("the disk is full, uploads wait: {error:#}");
        app.alerts.raise(AlertCode::DiskFull, what);
        return Ok(Outcome::Retry(DISK_WAIT));
    }
    if let Some(swapped) = error.downcast_ref::<Swapped>() {
        app.alerts.raise(
            AlertCode::BytesSwapped,
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
    app.scans.recheck.notify_one();
    let (queue, id, reason) = (message.queue().as_str(), message.id(), fault.code());
    tracing::info!(queue, message.id = %id, reason, "no verdict, the work waits: {fault}");
    Ok(Outcome::Retry(SCANNER_WAIT))
}

/// True when the scanner fails, rather than this file.
async fn is_scanners(app: &App, message: &Message, fault: &ScanError) -> bool {
    match fault.origin() {
        ErrorOrigin::Scanner => true,
        ErrorOrigin::Bytes => false,
        ErrorOrigin::Unknown => {
            let status = app.scanner.borrow().clone();
            let works = match status.scanner() {
                Some(scanner) if OffsetDateTime::now_utc() - status.since > STEADY => {
                    probe::answers(&scanner.address).await.is_ok()
                }
                _ => false,
            };
            !works && app.scans.failures.add(message.id()) <= MAX_FAILURES
        }
    }
}

/// Clears the alert of a full disk once the store takes bytes again.
pub async fn watch_disk(app: &App) {
    if app.alerts.is_raised(AlertCode::DiskFull) && app.store.has_room().await {
        app.alerts.clear(AlertCode::DiskFull);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;
    use std::io;

    #[test]
    fn a_full_disk_is_known_through_what_was_said_around_it() {
        let full = Err::<(), _>(io::Error::from_raw_os_error(28)).context("storing the renditions");
        assert!(is_disk_full(&full.unwrap_err()));
        let other = Err::<(), _>(io::Error::from_raw_os_error(13)).context("storing the renditions");
        assert!(!is_disk_full(&other.unwrap_err()));
    }
}
