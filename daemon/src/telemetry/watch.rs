//! Watches what alerts are about, measures the pool, and tells the service manager's watchdog that we are alive.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;
use tradepost_common::overview::Severity;

use super::latency::Outcome;
use crate::app::App;
use crate::embedded::clamd::{ScannerStatus, Signatures};

const EVERY: Duration = Duration::from_secs(5);
/// A scanner is looked for this long before anybody is told.
const SCANNER_GRACE: Duration = Duration::from_secs(5);
const OLD_SIGNATURES: time::Duration = time::Duration::hours(48);

/// Watches until `stop` is cancelled.
///
/// # Errors
/// Never.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch_scanner(&app) => {}
        () = watch_database(&app) => {}
    }
    Ok(())
}

async fn watch_scanner(app: &App) {
    let mut scanner = app.scanner.clone();
    loop {
        let status = scanner.borrow_and_update().clone();
        if status.scanner().is_none() {
            // It may only be starting: wait for news before the alarm.
            if timeout(SCANNER_GRACE, scanner.changed())
                .await
                .is_ok_and(|changed| changed.is_ok())
                && scanner.borrow().scanner().is_some()
            {
                continue;
            }
        }
        judge_scanner(app, &status);
        tokio::select! {
            changed = scanner.changed() => if changed.is_err() { return std::future::pending().await },
            () = sleep(Duration::from_secs(3_600)) => {}
        }
    }
}

fn judge_scanner(app: &App, status: &ScannerStatus) {
    let Some(scanner) = status.scanner() else {
        app.alerts
            .raise("scanner-down", Severity::Critical, status.state.to_string());
        return;
    };
    app.alerts.clear("scanner-down");
    if scanner.signatures == Signatures::EicarOnly {
        let message = "clamd has NO SIGNATURES: only the EICAR test file is recognised. Install clamav-freshclam before you take uploads from strangers.";
        app.alerts.raise("scanner-test-signatures", Severity::Critical, message);
    } else {
        app.alerts.clear("scanner-test-signatures");
    }
    match scanner.signatures_at {
        Some(made)
            if OffsetDateTime::now_utc() - made > OLD_SIGNATURES && scanner.signatures != Signatures::EicarOnly =>
        {
            let message = format!("the scanner's signatures are of {}: does freshclam run?", made.date());
            app.alerts.raise("signatures-old", Severity::Warning, message);
        }
        _ => app.alerts.clear("signatures-old"),
    }
}

/// The pool's own latency, the database alert, and the watchdog: they all ask whether the database answers.
async fn watch_database(app: &App) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.limits.forget_idle();
        let started = Instant::now();
        let answers = timeout(EVERY, async { app.db.acquire().await.map(drop) }).await;
        let outcome = if matches!(answers, Ok(Ok(()))) {
            Outcome::Ok
        } else {
            Outcome::Error
        };
        app.latency.record(Scope::Pool, "acquire", started.elapsed(), outcome);
        match outcome {
            Outcome::Ok => {
                app.alerts.clear("database-down");
                // Nobody may be listening.
                let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
            }
            Outcome::Error => app
                .alerts
                .raise("database-down", Severity::Critical, "the database does not answer"),
        }
    }
}
