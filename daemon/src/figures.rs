//! The figures of the screens Overview and Queues.

use tradepost_common::overview::{Counts, DaemonMode, Health, Overview, Part, Process};
use tradepost_common::queues::QueueRow;
use tradepost_queue::{Queue, running, settings};

use crate::app::App;
use crate::dead_letters::service as dead_letters;
use crate::error::ApiResult;
use crate::jobs::QUEUES;
use crate::queues::sqs_server;
use crate::telemetry::process::resident_bytes;
use crate::{catalog, review, uploads};

/// Screen 1.
pub async fn overview(app: &App) -> ApiResult<Overview> {
    let counts = counts(app, None).await?;
    let process = Process {
        pid: std::process::id(),
        // Rounded: a page more or less is no news.
        resident_bytes: resident_bytes() >> 20 << 20,
        cpu_cores: (app.process.cpu_cores() * 100.0).round() / 100.0,
        database_connections: app.db.size(),
        jail_children: app.jail.children(),
    };
    Ok(overview_with(app, counts, process))
}

/// The overview with figures that are known already.
pub fn overview_with(app: &App, counts: Counts, process: Process) -> Overview {
    Overview {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: app.started_at,
        mode: app.mode,
        api_url: app.api_url.clone(),
        parts: parts(app),
        alerts: app.alerts.list(),
        counts,
        process,
    }
}

fn parts(app: &App) -> Vec<Part> {
    let part = |name: &str, health, detail: String| Part {
        name: name.to_owned(),
        health,
        detail,
    };
    let status = app.scanner.borrow().clone();
    let scanner_health = match status.scanner() {
        Some(scanner) if scanner.signatures == crate::clamd::Signatures::EicarOnly => Health::Degraded,
        Some(_) => Health::Ok,
        None => Health::Down,
    };
    let database = match app.mode {
        DaemonMode::Embedded => "private PostgreSQL cluster in the state directory",
        DaemonMode::Cloud => "PostgreSQL server named in the configuration",
    };
    let (queues_health, queues) = match (app.broker.as_sqs(), app.broker.as_sqs().and_then(|sqs| sqs.fault())) {
        (None, _) => (Health::Ok, "tables of the database".to_owned()),
        (Some(_), None) => (Health::Ok, sqs_server(&app.config.aws)),
        (Some(_), Some(fault)) => (Health::Down, format!("{}: {fault}", sqs_server(&app.config.aws))),
    };
    let confinement = app.jail.confinement();
    let jail_health = match &confinement {
        Some(confinement) if !confinement.is_complete() => Health::Degraded,
        _ => Health::Ok,
    };
    let jail = format!(
        "at most {} children, {} MiB and {} s of CPU a file",
        app.jail_children, app.config.jail.memory_mib, app.config.jail.cpu_seconds
    );
    vec![
        part("database", Health::Ok, database.to_owned()),
        part("objects", Health::Ok, "files in the state directory".to_owned()),
        part("scanner", scanner_health, status.state.to_string()),
        part("jail", jail_health, jail),
        part("queues", queues_health, queues),
    ]
}

/// Counts everything; items and renditions are counted unless they are `known`.
pub async fn counts(app: &App, known: Option<(i64, i64)>) -> ApiResult<Counts> {
    let [working, in_review, published, rejected] = uploads::service::counts(&app.db).await?;
    let (items_published, renditions) = match known {
        Some(known) => known,
        None => catalog::service::counts(&app.db).await?,
    };
    Ok(Counts {
        uploads_working: working,
        uploads_in_review: in_review,
        uploads_published: published,
        uploads_rejected: rejected,
        items_published,
        renditions,
        cases_open: review::service::count_open(&app.db).await?,
        dead_letters: dead_letters::count_by_queue(&app.db)
            .await?
            .iter()
            .map(|(_, dead)| dead)
            .sum(),
    })
}

/// Screen 2.
pub async fn queues(app: &App) -> ApiResult<Vec<QueueRow>> {
    let (depths, dead, workers, running, decided) = tokio::try_join!(
        app.broker.depths(),
        async { Ok(dead_letters::count_by_queue(&app.db).await?) },
        async { Ok(settings::count_workers(&app.db).await?) },
        async { Ok(running::list(&app.db).await?) },
        async { Ok(settings::read(&app.db, &QUEUES).await?) },
    )?;
    let row = |queue: Queue| {
        let name = queue.as_str();
        let depth = depths.iter().find(|(other, _)| *other == queue);
        let depth = depth.map(|(_, depth)| depth.clone()).unwrap_or_default();
        let activity = app.broker.stats().activity(queue);
        let setting = decided.get(&queue).cloned().unwrap_or_default();
        QueueRow {
            name: name.to_owned(),
            depth: depth.ready,
            in_flight: depth.in_flight,
            delayed: depth.delayed,
            dead: dead
                .iter()
                .find(|(other, _)| other == name)
                .map_or(0, |(_, dead)| *dead),
            oldest_age_seconds: depth.oldest_age_seconds.map(|seconds| (seconds * 10.0).round() / 10.0),
            sent_per_second: activity.sent_per_second,
            done_per_second: activity.done_per_second,
            failed_per_second: activity.failed_per_second,
            working: activity.working,
            workers: workers.get(name).copied().unwrap_or(0),
            concurrency: setting.concurrency.unwrap_or_else(|| app.concurrency(queue)),
            concurrency_by: setting.concurrency_by,
            paused: setting.paused_by.is_some(),
            paused_by: setting.paused_by,
            done_history: activity.done_history,
            sent_history: activity.sent_history,
            running: running.iter().filter(|job| job.queue == name).cloned().collect(),
            backend: app.broker.backend(),
        }
    };
    Ok(QUEUES.into_iter().map(row).collect())
}
