//! The life of the daemon: start-up, work and shutdown in reading order.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use prometheus_client::metrics::counter::Counter;
use time::OffsetDateTime;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tradepost_common::overview::DaemonMode;
use tradepost_leases as leases;
use tradepost_queue::notification::{self, Notifier};
use tradepost_queue::running::{self, RunningSet};
use tradepost_queue::settings::{self, Settings};
use tradepost_queue::worker::{self, Policy, WorkerContext};
use tradepost_queue::{Broker, Queue, collector, postgres, relay, worker_name};

use crate::activation::{ApiSocket, Sockets};
use crate::app::{App, Changes, Duty, MACHINES, OPERATIONS, SEARCH, Search, Shared};
use crate::bulk::BulkWork;
use crate::cache::Cache;
use crate::clamd::ScannerStatus;
use crate::cloudfront::Cloudfront;
use crate::config::{Config, DaemonRole};
use crate::control::sampler::Sampler;
use crate::control::{self, ControlSocket};
use crate::counters::Counts;
use crate::database::{self, Database};
use crate::dispatch::{self, Dispatcher};
use crate::embedded::clamd::{self, ScannerSpec};
use crate::embedded::postgres::Cluster;
use crate::jobs::{QUEUES, RENDER, SCAN};
use crate::minisign::MinisignKey;
use crate::operations::outcomes::OutcomeLog;
use crate::rate_limit::UploadLimits;
use crate::rate_limit::requests::RequestLimits;
use crate::replica::Replica;
use crate::scanner::Scans;
use crate::stripe::Stripe;
use crate::tasks::{Tasks, Threads, stop_signal};
use crate::telemetry::{alerts::Alerts, cloudwatch::Meter, latency::Latency, pools::Pools, process::ProcessMeter};
use crate::{alerting, campaigns, catalog, cdn, machines};
use crate::{
    cloudwatch, monitor, objects, operations, presets, public, queues, redrive, scheduler, search, state_dir, uploads,
};
use tradepost_jail::{Jail, Layers, Limits};
use tradepost_store::Store;
use tradepost_store::presigned::Signer;

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
    let control_path = config
        .control
        .socket
        .clone()
        .unwrap_or_else(|| state.join("control.sock"));
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
    let app = Arc::new(build(
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
        scan_with(scanner_spec(&app, &state), status, foundations.stop.clone()),
    );
    if let Some(cluster) = database.cluster.clone() {
        foundations.spawn("database", watch_cluster(cluster, foundations.stop.clone()));
    }
    let mut tasks = Tasks::default();
    spawn_edges(&mut tasks, &app, &database, (socket, control, metrics))?;
    spawn_work(&mut tasks, &app, decided);
    tasks.spawn(
        "machine",
        machines::service::run(app.clone(), machine, tasks.stop.clone()),
    );
    tracing::info!(api = app.api_url, control = %control_path.display(), mode = app.mode.as_str(), "tradepostd is ready");
    notify(&[sd_notify::NotifyState::Ready]);

    let signal = async {
        signal.await;
        drain(&app).await;
    };
    let ended = tokio::select! {
        ended = tasks.run_until(signal) => ended,
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

/// Everything goes on while load balancers learn that this machine takes nothing new.
async fn drain(app: &App) {
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

fn build(
    config: Config,
    state: &Path,
    database: &Database,
    (store, broker): (Store, Broker),
    scanner: watch::Receiver<ScannerStatus>,
    settings: watch::Receiver<Settings>,
    socket: Option<&ApiSocket>,
) -> anyhow::Result<App> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let children = config.jail.children.unwrap_or(cores);
    let shared = Shared {
        store,
        signer: Signer::open(&state_dir::signing_key(state)?)?,
        stripe: Stripe::from_config(&config.payments)?,
        cloudfront: Cloudfront::from_config(&config.objects.cloudfront)?,
        replica: Replica::from_config(&config.database)?.map(Arc::new),
        certificates: MinisignKey::open(&state_dir::certificate_key(state))?,
        jail: jail(&config, children),
        jail_children: children,
        presets: config.previews.load_presets()?,
        scanner,
        scans: Scans::default(),
        bulk: BulkWork::new(config.campaigns.at_once()),
        give_up: dispatch::give_up,
        notifier: Arc::new(Notifier::new(&QUEUES, &[OPERATIONS, SEARCH, MACHINES])),
        settings,
        latency: Arc::<Latency>::default(),
        alerts: Alerts::default(),
        process: ProcessMeter::default(),
        pools: Pools::default(),
        received_bytes: Counter::default(),
        cloudwatch: Meter::default(),
        limits: UploadLimits::new(config.limits.upload_starts_per_minute),
        requests: RequestLimits::new(&config.limits),
        cache: Cache::new(&config.cache)?,
        hashing: Semaphore::new(cores),
        search: Search::open(&state.join("search"))?,
        counts: Counts::default(),
        changed: Changes::default(),
        duty: watch::Sender::new(Duty::Serving),
        started_at: OffsetDateTime::now_utc(),
        worker: worker_name(),
        mode: if database.cluster.is_some() {
            DaemonMode::Embedded
        } else {
            DaemonMode::Cloud
        },
        api_url: match socket {
            Some(socket) => format!("http://{}", socket.listener().local_addr()?),
            None => String::new(),
        },
        config,
    };
    Ok(App {
        db: database.pool.clone(),
        broker,
        shared: Arc::new(shared),
    })
}

fn jail(config: &Config, children: usize) -> Jail {
    let layers = Layers {
        landlock: config.jail.landlock,
        seccomp: config.jail.seccomp,
    };
    let limits = Limits {
        memory_bytes: config.jail.memory_mib << 20,
        cpu: Duration::from_secs(config.jail.cpu_seconds),
        wall: Duration::from_secs(config.jail.wall_seconds),
        svg_bytes: config.limits.svg_mib << 20,
        file_bytes: config.limits.member_mib << 20,
        slow_after: Duration::from_millis(config.jail.slow_milliseconds),
        slow_files: config.jail.slow_children,
        ..Limits::default()
    };
    Jail::with_layers(PathBuf::from("/proc/self/exe"), children, limits, layers)
}

fn scanner_spec(app: &App, state: &Path) -> ScannerSpec {
    let config = &app.config;
    let mut spec = ScannerSpec::new(state.join("clamd"));
    spec.address.clone_from(&config.scanner.socket);
    spec.max_file_bytes = config.limits.pack_mib << 20;
    spec.scan_timeout = Duration::from_secs(config.scanner.timeout_seconds.into());
    spec.stale_after = Duration::from_secs(u64::from(config.scanner.stale_hours) * 3_600);
    spec.when_stale = config.scanner.when_stale;
    spec.recheck = app.scans.recheck.clone();
    // Room for everything that is scanned at once, and for those who ask whether it works.
    let at_once: u32 = [SCAN, RENDER].map(|queue| app.concurrency(queue)).iter().sum();
    spec.max_threads = u8::try_from(at_once + 2).unwrap_or(u8::MAX);
    if config.scanner.private {
        spec.machine_sockets.clear();
    }
    spec
}

async fn scan_with(
    spec: ScannerSpec,
    status: watch::Sender<ScannerStatus>,
    stop: tokio_util::sync::CancellationToken,
) -> anyhow::Result<()> {
    clamd::run(spec, status, stop).await;
    Ok(())
}

/// Starts the private cluster again whenever it ends.
async fn watch_cluster(cluster: Arc<Cluster>, stop: tokio_util::sync::CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        ended = cluster.keep_running() => ended,
    }
}

fn spawn_edges(
    tasks: &mut Tasks,
    app: &Arc<App>,
    database: &Database,
    (socket, control, metrics): (Option<ApiSocket>, UnixListener, Option<TcpListener>),
) -> anyhow::Result<()> {
    if let Some(socket) = socket {
        let threads = Threads::start("public")?;
        let pool = database.public_pool();
        app.pools.add("public", &pool);
        let serving = public::serve(app.on(pool), socket, tasks.stop.clone());
        tasks.spawn("api", threads.run(serving));
    }
    let pool = database.control_pool();
    app.pools.add("workers", &app.db);
    app.pools.add("control", &pool);
    let app = app.on(pool);
    let sampler = Sampler::default();
    tasks.spawn(
        "control",
        control::serve(app.clone(), sampler.clone(), control, tasks.stop.clone()),
    );
    tasks.spawn("sampler", sampler.run(app.clone(), tasks.stop.clone()));
    let options = database.options.clone();
    tasks.spawn("monitor", monitor::run(app.clone(), options, tasks.stop.clone()));
    if let Some(replica) = app.replica.clone() {
        tasks.spawn("replica", replica.follow(app.db.clone(), tasks.stop.clone()));
    }
    if app.config.cloudwatch.namespace.is_some() {
        tasks.spawn("cloudwatch", cloudwatch::run(app.clone(), tasks.stop.clone()));
    }
    if app.config.alerts.has_channel() {
        tasks.spawn("alerting", alerting::run(app.clone(), tasks.stop.clone()));
    }
    if let Some(listener) = metrics {
        tasks.spawn(
            "metrics",
            control::serve_metrics(app.clone(), listener, tasks.stop.clone()),
        );
    }
    Ok(())
}

fn spawn_work(tasks: &mut Tasks, app: &Arc<App>, decided: watch::Sender<Settings>) {
    let (db, stop) = (&app.db, &tasks.stop.clone());
    tasks.spawn(
        "notifier",
        notification::run(db.clone(), app.notifier.clone(), stop.clone()),
    );
    tasks.spawn(
        "settings",
        settings::run(db.clone(), &QUEUES, app.notifier.clone(), decided, stop.clone()),
    );
    if app.config.has_role(DaemonRole::Api) {
        tasks.spawn("search", search::feed::run(app.clone(), stop.clone()));
        tasks.spawn("counts", catalog::counts::run(app.clone(), stop.clone()));
    }
    if app.config.has_role(DaemonRole::Workers) {
        let (context, dispatcher) = (worker_context(app), Arc::new(Dispatcher(app.clone())));
        for queue in QUEUES {
            tasks.spawn(
                queue.as_str(),
                worker::run(
                    context.clone(),
                    dispatcher.clone(),
                    queue,
                    policy(app, queue),
                    stop.clone(),
                ),
            );
        }
        tasks.spawn(
            "running jobs",
            running::report(db.clone(), context.running.clone(), app.worker.clone(), stop.clone()),
        );
        tasks.spawn(
            "registration",
            settings::register_worker(db.clone(), &QUEUES, app.worker.clone(), stop.clone()),
        );
    }
    if app.config.has_role(DaemonRole::Scheduler) {
        if let Some(queue) = app.config.objects.events_queue.clone() {
            tasks.spawn(
                "object events",
                uploads::arrivals::follow(app.clone(), queue, stop.clone()),
            );
        }
        tasks.spawn("scheduler", scheduler::run(app.clone(), stop.clone()));
        if app.config.objects.cloudfront.distribution_id.is_some() {
            tasks.spawn("cdn", cdn::run(app.clone(), stop.clone()));
        }
        if let Some(sqs) = app.broker.as_sqs() {
            let (broker, worker) = (app.broker.clone(), app.worker.clone());
            let notifier = app.notifier.clone();
            let relay = relay::run(broker.clone(), sqs.clone(), notifier, worker.clone(), stop.clone());
            tasks.spawn("relay", relay);
            tasks.spawn("collector", collector::run(broker, sqs.clone(), worker, stop.clone()));
        }
        let kinds = [redrive::KINDS, campaigns::KINDS].concat();
        tasks.spawn("operations", operations::runner::run(app.clone(), kinds, stop.clone()));
    }
}

fn worker_context(app: &App) -> WorkerContext {
    WorkerContext {
        broker: app.broker.clone(),
        notifier: app.notifier.clone(),
        settings: app.settings.clone(),
        running: RunningSet::default(),
        worker: app.worker.clone(),
    }
}

fn policy(app: &App, queue: Queue) -> Policy {
    let queues = &app.config.queues;
    Policy {
        concurrency: app.concurrency(queue),
        visibility: Duration::from_secs(queues.visibility_seconds.into()),
        attempts: queues.attempts,
        backoff: Duration::from_secs(queues.backoff_seconds.into()),
        // A little before the tasks' own deadline, so that messages can be released.
        stop_deadline: Duration::from_secs(u64::from(app.config.daemon.stop_seconds).saturating_sub(3)),
    }
}

fn notify(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "could not tell the service manager");
    }
}
