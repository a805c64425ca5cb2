//! Raises and clears the alerts about scanner, jail and database, measures the pool, and feeds the service manager's watchdog.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;
use tradepost_common::overview::Severity;

use crate::app::App;
use crate::clamd::{ScannerState, ScannerStatus, Signatures};
use crate::scan::waiting;
use crate::telemetry::alerts::AlertCode;
use crate::telemetry::latency::Outcome;

const EVERY: Duration = Duration::from_secs(5);
/// The unit asks for a sign of life every 30 s.
const WATCHDOG_EVERY: Duration = Duration::from_secs(2);
const DATABASE_EVERY: Duration = Duration::from_millis(500);
/// A database under full load is slow, not down.
const DATABASE_PATIENCE: Duration = Duration::from_secs(5);
/// The time to find a scanner before the alert is raised.
const SCANNER_GRACE: Duration = Duration::from_secs(5);

const JAIL_EVERY: Duration = Duration::from_secs(3_600);

/// Runs until `stop` is cancelled.
pub async fn run(app: Arc<App>, database: PgConnectOptions, stop: CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => {}
        () = feed_watchdog() => {}
        () = watch_scanner(&app) => {}
        () = watch_database(&app, &database) => {}
        () = watch_pool(&app) => {}
        () = watch_disk(&app) => {}
        () = watch_jail(&app) => {}
    }
    Ok(())
}

async fn watch_scanner(app: &App) {
    let mut scanner = app.scanner.clone();
    loop {
        let mut status = scanner.borrow_and_update().clone();
        if matches!(status.state, ScannerState::Down { .. }) {
            // It may only be starting. A time-out changes nothing: the status is read again.
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
            app.alerts.clear(AlertCode::ScannerDown);
            let message = format!(
                "{}. Check that freshclam runs, and the files in clamd's DatabaseDirectory.",
                status.state
            );
            return app
                .alerts
                .raise_as(AlertCode::SignaturesStale, Severity::Critical, message);
        }
        ScannerState::Down { .. } => {
            return app.alerts.raise(AlertCode::ScannerDown, status.state.to_string());
        }
    };
    app.alerts.clear(AlertCode::ScannerDown);
    if scanner.signatures == Signatures::EicarOnly {
        let message = "clamd has NO SIGNATURES: it finds only the EICAR test file. Install clamav-freshclam before you accept uploads from strangers.";
        app.alerts.raise(AlertCode::ScannerTestSignatures, message);
    } else {
        app.alerts.clear(AlertCode::ScannerTestSignatures);
    }
    match scanner.signatures_at {
        Some(made) if scanner.stale => {
            let message = format!(
                "the scanner's signatures are of {}; uploads are scanned with them because of scanner.when_stale. Check that freshclam runs.",
                made.date()
            );
            app.alerts.raise(AlertCode::SignaturesStale, message);
        }
        None if scanner.signatures == Signatures::Unversioned => {
            let message = "the scanner does not report the age of its signatures. Check that freshclam runs.";
            app.alerts.raise(AlertCode::SignaturesStale, message);
        }
        _ => app.alerts.clear(AlertCode::SignaturesStale),
    }
}

/// Starts a child of the jail at once, so that a weak confinement is known before the first upload.
async fn watch_jail(app: &App) {
    loop {
        match app.jail.probe().await {
            Ok(confinement) if confinement.is_complete() => {
                app.alerts.clear(AlertCode::JailWeak);
                app.alerts.clear(AlertCode::JailDown);
            }
            Ok(confinement) => {
                app.alerts.clear(AlertCode::JailDown);
                let message = format!(
                    "uploaded files are opened without full confinement: {}. The limits of memory and time still hold.",
                    confinement.faults.join("; ")
                );
                app.alerts.raise(AlertCode::JailWeak, message);
            }
            Err(error) => {
                let message =
                    format!("no uploaded file can be opened, because no child process of the jail starts: {error:#}");
                app.alerts.raise(AlertCode::JailDown, message);
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

/// Tells the service manager that the tasks of this process run. Nothing is waited for: neither the database nor a client can stop it.
async fn feed_watchdog() {
    let mut ticks = interval(WATCHDOG_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Without a service manager this does nothing.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
    }
}

/// Asks the database on a connection of its own, so that busy pools are not taken for a database that is away.
async fn watch_database(app: &App, options: &PgConnectOptions) {
    let mut ticks = interval(DATABASE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut connection = None;
    loop {
        ticks.tick().await;
        let fault = match timeout(DATABASE_PATIENCE, ask(&mut connection, options)).await {
            Ok(Ok(())) => {
                app.alerts.clear(AlertCode::DatabaseDown);
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", DATABASE_PATIENCE.as_secs()),
        };
        connection = None;
        let message =
            format!("the database does not answer ({fault}): check that the server runs and its disk has room");
        app.alerts.raise(AlertCode::DatabaseDown, message);
    }
}

async fn ask(connection: &mut Option<PgConnection>, options: &PgConnectOptions) -> sqlx::Result<()> {
    match connection {
        Some(connection) => connection.ping().await,
        None => {
            *connection = Some(options.connect().await?);
            Ok(())
        }
    }
}

/// Records the time that a part of the daemon waits for a connection.
async fn watch_pool(app: &App) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.limits.forget_idle();
        app.requests.forget_idle();
        let started = Instant::now();
        let outcome = Outcome::from(&app.db.acquire().await);
        app.latency.record(Scope::Pool, "acquire", started.elapsed(), outcome);
    }
}

async fn watch_disk(app: &App) {
    loop {
        waiting::watch_disk(app).await;
        sleep(EVERY).await;
    }
}
