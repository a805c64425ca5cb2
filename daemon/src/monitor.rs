//! Raises and clears the alerts about scanner, jail and database, and feeds the service manager's watchdog.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;
use tradepost_common::overview::Severity;

use crate::app::App;
use crate::embedded::clamd::{ScannerState, ScannerStatus, Signatures};
use crate::scan::waiting;
use crate::telemetry::latency::Outcome;

const EVERY: Duration = Duration::from_secs(5);
/// A missing scanner raises an alert after this time.
const SCANNER_GRACE: Duration = Duration::from_secs(5);

const JAIL_EVERY: Duration = Duration::from_secs(3_600);

/// Watches until `stop` is cancelled.
///
/// # Errors
/// Never.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch_scanner(&app) => {}
        () = watch_database(&app) => {}
        () = watch_jail(&app) => {}
    }
    Ok(())
}

async fn watch_scanner(app: &App) {
    let mut scanner = app.scanner.clone();
    loop {
        let mut status = scanner.borrow_and_update().clone();
        if matches!(status.state, ScannerState::Down { .. }) {
            // It may only be starting: wait for news before the alarm. That there are none is news, too.
            let _ = timeout(
                SCANNER_GRACE,
                scanner.wait_for(|now| !matches!(now.state, ScannerState::Down { .. })),
            )
            .await;
            status = scanner.borrow_and_update().clone();
        }
        judge_scanner(app, &status);
        tokio::select! {
            changed = scanner.changed() => if changed.is_err() { return std::future::pending().await },
            () = sleep(Duration::from_secs(3_600)) => {}
        }
    }
}

fn judge_scanner(app: &App, status: &ScannerStatus) {
    let scanner = match &status.state {
        ScannerState::Up(scanner) => scanner,
        ScannerState::Held { .. } => {
            app.alerts.clear("scanner-down");
            let message = format!("{}. Does freshclam run?", status.state);
            return app.alerts.raise("signatures-stale", Severity::Critical, message);
        }
        ScannerState::Down { .. } => {
            return app
                .alerts
                .raise("scanner-down", Severity::Critical, status.state.to_string());
        }
    };
    app.alerts.clear("scanner-down");
    if scanner.signatures == Signatures::EicarOnly {
        let message = "clamd has NO SIGNATURES: only the EICAR test file is recognised. Install clamav-freshclam before you take uploads from strangers.";
        app.alerts.raise("scanner-test-signatures", Severity::Critical, message);
    } else {
        app.alerts.clear("scanner-test-signatures");
    }
    match scanner.signatures_at {
        Some(made) if scanner.stale => {
            let message = format!(
                "the scanner's signatures are of {}, and uploads are scanned with them all the same: does freshclam run?",
                made.date()
            );
            app.alerts.raise("signatures-stale", Severity::Warning, message);
        }
        None if scanner.signatures == Signatures::Unversioned => {
            let message = "the scanner does not say how old its signatures are: does freshclam run?";
            app.alerts.raise("signatures-stale", Severity::Warning, message);
        }
        _ => app.alerts.clear("signatures-stale"),
    }
}

/// What holds the children that open hostile bytes is known once one was started: at once, not with the first upload.
async fn watch_jail(app: &App) {
    loop {
        match app.jail.probe().await {
            Ok(confinement) if confinement.is_complete() => {
                app.alerts.clear("jail-weak");
                app.alerts.clear("jail-down");
            }
            Ok(confinement) => {
                app.alerts.clear("jail-down");
                let message = format!(
                    "hostile files are opened WITHOUT A WALL: {}. Limits of memory and time still hold.",
                    confinement.faults.join("; ")
                );
                app.alerts.raise("jail-weak", Severity::Critical, message);
            }
            Err(error) => {
                let message = format!("no file can be opened: {error:#}");
                app.alerts.raise("jail-down", Severity::Critical, message);
            }
        }
        let pause = if app.jail.confinement().is_some() {
            JAIL_EVERY
        } else {
            EVERY
        };
        sleep(pause).await;
    }
}

/// The pool's own latency, the database alert, and the watchdog: they all ask whether the database answers.
async fn watch_database(app: &App) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.limits.forget_idle();
        waiting::watch_disk(app).await;
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
