//! The life of the daemon: start-up, work and shutdown in reading order.

mod parts;
mod shared;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tradepost_leases as leases;
use tradepost_queue::{postgres, settings};

use crate::activation::{ApiSocket, Sockets};
use crate::app::{App, Duty};
use crate::clamd::ScannerStatus;
use crate::config::{Config, DaemonRole};
use crate::control::{self, ControlSocket};
use crate::database::{self, Database};
use crate::jobs::QUEUES;
use crate::operations::outcomes::OutcomeLog;
use crate::tasks::{Tasks, stop_signal};
use crate::{machines, objects, presets, queues, state_dir};

/// After a failure the service manager starts the daemon again: work that runs gets a moment, not all of `daemon.stop_seconds`.
const FAILED_STOP: Duration = Duration::from_secs(3);
/// The leases expire by themselves where they can not be released.
const RELEASE: Duration = Duration::from_secs(2);

/// Runs the daemon until a signal stops it.
pub async fn run(config: Config, state: PathBuf) -> anyhow::Result<()> {
    let signal = stop_signal()?;
    // An error: it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _lock = state_dir::take(&state)?;
    let sockets = Sockets::take()?;
    let socket = bind_api(&config, sockets.api).await?;
    let control_path = control_path(&config, &state);
    let ControlSocket {
        listener: control,
        path: control_made,
    } = control::bind(&control_path, sockets.control)?;
    let metrics = bind_metrics(&config).await?;
    let database = database::open(&config.database, &state).await?;
    database::migrate(&database.pool).await?;
    presets::register(&database.pool, &config.previews.load_presets()?)
        .await
        .context("writing down the presets")?;
    release_orphans(&database).await?;

    let (status, scanner) = watch::channel(ScannerStatus::starting());
    let (decided, settings) = watch::channel(
        settings::read(&database.pool, &QUEUES)
            .await
            .context("reading the settings of the queues")?,
    );
    let store = objects::open(&config, &state).await?;
    let broker = queues::connect(&config, &database.pool, &store, Arc::default(), Arc::new(OutcomeLog)).await?;
    let app = Arc::new(shared::assemble(
        config,
        &state,
        &database,
        (store, broker),
        scanner,
        settings,
        socket.as_ref(),
    )?);
    let machine = machines::service::register(&app)
        .await
        .context("registering this machine")?;
    // The foundations stop last.
    let mut foundations = Tasks::default();
    foundations.spawn(
        "scanner",
        parts::scan_with(parts::scanner_spec(&app, &state), status, foundations.stop.clone()),
    );
    if let Some(cluster) = database.cluster.clone() {
        foundations.spawn("database", parts::watch_cluster(cluster, foundations.stop.clone()));
    }
    let mut tasks = Tasks::default();
    parts::edges(&mut tasks, &app, &database, (socket, control, metrics))?;
    parts::work(&mut tasks, &app, decided);
    tasks.spawn(
        "machine",
        machines::service::run(app.clone(), machine, tasks.stop.clone()),
    );
    tracing::info!(api = app.api_url, control = %control_path.display(), mode = app.mode.as_str(), "tradepostd is ready");
    notify(&[sd_notify::NotifyState::Ready]);

    let ended = tokio::select! {
        ended = tasks.run_until(drained(&app, signal)) => ended,
        ended = foundations.run_until(std::future::pending()) => ended,
    };
    let within = match ended {
        Ok(()) => Duration::from_secs(app.config.daemon.stop_seconds.into()),
        Err(_) => FAILED_STOP,
    };
    stop(app, database, (tasks, foundations), control_made.as_deref(), within).await;
    ended
}

/// Stops what runs, in the opposite order.
async fn stop(
    app: Arc<App>,
    database: Database,
    (tasks, foundations): (Tasks, Tasks),
    control_made: Option<&Path>,
    within: Duration,
) {
    notify(&[sd_notify::NotifyState::Stopping]);
    app.store.stop();
    tasks.finish(within).await;
    ControlSocket::remove(control_made);
    foundations.finish(Duration::from_secs(10)).await;
    release_leases(&app).await;
    drop(app);
    database.close().await;
    tracing::info!("tradepostd has stopped");
}

/// Resolves some time after the signal: everything goes on while load balancers learn that this machine takes nothing new.
async fn drained(app: &App, signal: impl Future<Output = ()>) {
    signal.await;
    app.duty.send_replace(Duty::Stopping);
    sleep(Duration::from_secs(app.config.daemon.drain_seconds.into())).await;
}

async fn release_leases(app: &App) {
    match timeout(RELEASE, leases::release(&app.db, &app.worker)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "could not release the leases"),
        Err(_) => tracing::warn!("could not release the leases: the database does not answer"),
    }
}

fn control_path(config: &Config, state: &Path) -> PathBuf {
    let configured = config.control.socket.clone();
    configured.unwrap_or_else(|| state.join("control.sock"))
}

async fn bind_api(config: &Config, handed_over: Option<std::net::TcpListener>) -> anyhow::Result<Option<ApiSocket>> {
    if !config.has_role(DaemonRole::Api) {
        return Ok(None);
    }
    if let Some(listener) = handed_over {
        listener.set_nonblocking(true)?;
        return Ok(Some(ApiSocket::HandedOver(listener)));
    }
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("binding the public API to {} (http.listen)", config.http.listen))?;
    Ok(Some(ApiSocket::Own(listener.into_std()?)))
}

async fn bind_metrics(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = config.metrics.listen else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    listener
        .map(Some)
        .with_context(|| format!("binding the metrics to {address} (metrics.listen)"))
}

/// With a private cluster, whatever a message in flight was received by is dead: this process holds the state directory alone.
async fn release_orphans(database: &Database) -> anyhow::Result<()> {
    if database.cluster.is_some() {
        let released = postgres::release_all(&database.pool)
            .await
            .context("releasing messages of a former run")?;
        leases::release_all(&database.pool).await?;
        if released > 0 {
            tracing::info!(released, "released messages that the last run had in flight");
        }
    }
    Ok(())
}

fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "could not tell the service manager");
    }
}
