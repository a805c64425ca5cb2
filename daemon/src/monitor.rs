//! Raises and clears the alerts about scanner, jail, database and slow routes, measures the pool, and feeds the service manager's watchdog.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::{LatencyRow, Scope};
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

/// A route is slow when 5 of 100 of its requests of the last minute took longer.
const SLOW_MS: f64 = 200.0;
/// Requests of the last minute without which a route is not judged: one slow request says nothing.
const MIN_REQUESTS: u64 = 30;

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
        () = watch_routes(&app) => {}
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

async fn watch_routes(app: &App) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let slow = slow_routes(app.latency.rows());
        match slow.is_empty() {
            true => app.alerts.clear(AlertCode::RoutesSlow),
            false => {
                let message = format!(
                    "5 of 100 requests of the last minute took more than {SLOW_MS} ms: {}",
                    slow.join(", ")
                );
                app.alerts.raise(AlertCode::RoutesSlow, message);
            }
        }
    }
}

/// The slow routes with their times, the slowest first, three at most. The time of an upload is that of its sender.
fn slow_routes(mut rows: Vec<LatencyRow>) -> Vec<String> {
    rows.retain(|row| {
        let is_judged =
            row.scope == Scope::Route && row.recent.count >= MIN_REQUESTS && !row.name.starts_with("PUT /objects/");
        is_judged && row.recent.p95_ms > SLOW_MS
    });
    rows.sort_by(|a, b| b.recent.p95_ms.total_cmp(&a.recent.p95_ms));
    let told = rows.iter().take(3);
    told.map(|row| format!("{} ({:.0} ms)", row.name, row.recent.p95_ms))
        .collect()
}

#[cfg(test)]
mod tests {
    use tradepost_common::latency::Quantiles;

    use super::*;

    fn row(name: &str, scope: Scope, count: u64, p95_ms: f64) -> LatencyRow {
        let recent = Quantiles {
            count,
            p95_ms,
            ..Quantiles::default()
        };
        LatencyRow {
            scope,
            name: name.to_owned(),
            recent,
            total: recent,
            rate_per_second: 1.0,
            errors: 0,
        }
    }

    #[test]
    fn only_busy_routes_of_the_daemon_s_own_time_are_slow() {
        let rows = vec![
            row("GET /v1/items", Scope::Route, 30, 201.0),
            row("GET /v1/sets", Scope::Route, 30, 900.4),
            row("GET /v1/families", Scope::Route, 1_000, 200.0),
            row("GET /v1/search", Scope::Route, 29, 5_000.0),
            row("PUT /objects/uploads/{id}", Scope::Route, 100, 5_000.0),
            row("render", Scope::Stage, 100, 5_000.0),
        ];
        assert_eq!(slow_routes(rows), ["GET /v1/sets (900 ms)", "GET /v1/items (201 ms)"]);
        assert!(slow_routes(Vec::new()).is_empty());
    }
}
