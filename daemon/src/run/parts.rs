//! The tasks of the daemon: what serves, what works, and what both stand on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tradepost_queue::running::{self, RunningSet};
use tradepost_queue::settings::{self, Settings};
use tradepost_queue::worker::{self, Policy, WorkerContext};
use tradepost_queue::{Queue, collector, notification, relay};

use crate::activation::ApiSocket;
use crate::app::App;
use crate::clamd::ScannerStatus;
use crate::config::DaemonRole;
use crate::control::sampler::Sampler;
use crate::database::Database;
use crate::dispatch::Dispatcher;
use crate::embedded::clamd::{self, ScannerSpec};
use crate::embedded::postgres::Cluster;
use crate::jobs::{QUEUES, RENDER, SCAN};
use crate::tasks::{Tasks, Threads};
use crate::{
    alerting, campaigns, catalog, cdn, cloudwatch, control, monitor, operations, public, redrive, scheduler, search,
    uploads,
};

pub fn scanner_spec(app: &App, state: &Path) -> ScannerSpec {
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

pub async fn scan_with(
    spec: ScannerSpec,
    status: watch::Sender<ScannerStatus>,
    stop: tokio_util::sync::CancellationToken,
) -> anyhow::Result<()> {
    clamd::run(spec, status, stop).await;
    Ok(())
}

/// Starts the private cluster again whenever it ends.
pub async fn watch_cluster(cluster: Arc<Cluster>, stop: tokio_util::sync::CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        ended = cluster.keep_running() => ended,
    }
}

pub fn edges(
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

pub fn work(tasks: &mut Tasks, app: &Arc<App>, decided: watch::Sender<Settings>) {
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
        prefetch: queues.prefetch,
        visibility: Duration::from_secs(queues.visibility_seconds.into()),
        attempts: queues.attempts,
        backoff: Duration::from_secs(queues.backoff_seconds.into()),
        // A little before the tasks' own deadline, so that messages can be released.
        stop_deadline: Duration::from_secs(u64::from(app.config.daemon.stop_seconds).saturating_sub(3)),
    }
}
