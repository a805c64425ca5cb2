//! Samples the figures of the screens while somebody is connected, and sends the changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::broadcast;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::events::{Event, Revisions, Snapshot};
use tradepost_common::latency::{LatencyRow, Scope};
use tradepost_common::operations::Operation;
use tradepost_common::overview::{Counts, DaemonMode, Health, Overview, Part, Process, WhoAmI};
use tradepost_common::queues::QueueRow;
use tradepost_queue::{Queue, settings};

use crate::app::App;
use crate::dead_letters::service as dead_letters;
use crate::error::ApiResult;
use crate::jobs::QUEUES;
use crate::queues::sqs_server;
use crate::telemetry::process::resident_bytes;
use crate::{audit, catalog, operations, review, uploads};

/// Deltas of one kind are at least so far apart.
const SAMPLE_EVERY: Duration = Duration::from_millis(250);
/// The figures of the process and the totals of large tables are read this often.
const SLOW_EVERY: Duration = Duration::from_secs(5);
/// A reader that is this many deltas behind is dropped.
const MAX_BEHIND: usize = 64;

/// Hands out deltas to whoever is connected.
#[derive(Debug, Clone)]
pub struct Sampler {
    deltas: broadcast::Sender<Arc<str>>,
    readers: Arc<AtomicUsize>,
    wake: Arc<tokio::sync::Notify>,
}

/// Somebody who reads deltas; counted until dropped.
#[derive(Debug)]
pub struct Reader {
    pub deltas: broadcast::Receiver<Arc<str>>,
    readers: Arc<AtomicUsize>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.readers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            deltas: broadcast::Sender::new(MAX_BEHIND),
            readers: Arc::default(),
            wake: Arc::default(),
        }
    }
}

impl Sampler {
    /// Starts to read deltas.
    pub fn subscribe(&self) -> Reader {
        self.readers.fetch_add(1, Ordering::Relaxed);
        let reader = Reader {
            deltas: self.deltas.subscribe(),
            readers: self.readers.clone(),
        };
        self.wake.notify_one();
        reader
    }

    /// Samples while there are readers, until `stop` is cancelled.
    pub async fn run(self, app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
        let sampling = async {
            loop {
                while self.readers.load(Ordering::Relaxed) == 0 {
                    self.wake.notified().await;
                }
                self.sample_while_read(&app).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = sampling => Ok(()),
        }
    }

    async fn sample_while_read(&self, app: &App) {
        let mut seen = Seen::default();
        let mut ticks = interval(SAMPLE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.readers.load(Ordering::Relaxed) > 0 {
            ticks.tick().await;
            if !seen.is_due() {
                // Nothing happens: wait for a change, at most until the next look at the clock.
                let _ = timeout(Duration::from_secs(1), app.changed.bell.notified()).await;
            }
            match seen.sample(app).await {
                Ok(events) => events.iter().for_each(|event| self.send(event)),
                Err(error) => tracing::warn!(error = error.to_string(), "could not sample for the screens"),
            }
        }
    }

    fn send(&self, event: &Event) {
        let line: Arc<str> = line(event).into();
        // Without readers nobody receives it.
        let _ = self.deltas.send(line);
    }
}

/// One line of the stream.
pub fn line(event: &Event) -> String {
    let mut line = serde_json::to_string(event).expect("an event is always JSON");
    line.push('\n');
    line
}

/// The values that were sent last.
#[derive(Default)]
struct Seen {
    overview: Option<Overview>,
    queues: Vec<QueueRow>,
    latency: Vec<LatencyRow>,
    operations: Vec<Operation>,
    revisions: Option<Revisions>,
    slow_at: Option<Instant>,
    sent_at: Option<Instant>,
    busy: bool,
}

impl Seen {
    /// Busy queues move with every look.
    fn is_due(&self) -> bool {
        self.busy || self.overview.is_none()
    }

    async fn sample(&mut self, app: &App) -> ApiResult<Vec<Event>> {
        let mut events = Vec::new();
        let queues = queues(app).await?;
        self.busy = self.operations.iter().any(|operation| operation.state.is_moving())
            || queues
                .iter()
                .any(|queue| queue.working > 0 || queue.depth > 0 || queue.done_per_second > 0.0);
        if queues != self.queues {
            self.queues.clone_from(&queues);
            events.push(Event::Queues { queues });
        }
        let revisions = revisions(app).await?;
        self.sample_operations(app, revisions, &mut events).await?;
        let slow = self.slow_at.is_none_or(|at| at.elapsed() >= SLOW_EVERY);
        if slow {
            self.set_overview(overview(app).await?, &mut events);
            self.slow_at = Some(Instant::now());
        } else if self.revisions != Some(revisions) {
            let overview = self.quick_overview(app).await?;
            self.set_overview(overview, &mut events);
        }
        // The socket's own routes move with every look at them.
        let latency: Vec<_> = app
            .latency
            .rows()
            .into_iter()
            .filter(|row| slow || row.scope != Scope::Control)
            .collect();
        if slow && latency != self.latency || self.busy && latency.len() != self.latency.len() {
            self.latency.clone_from(&latency);
            events.push(Event::Latency {
                latency: app.latency.rows(),
            });
        }
        if self.revisions.replace(revisions) != Some(revisions) {
            events.push(Event::Changed(revisions));
        }
        if events.is_empty() && self.sent_at.is_none_or(|at| at.elapsed() >= SLOW_EVERY) {
            events.push(Event::Tick {
                at: OffsetDateTime::now_utc(),
            });
        }
        if !events.is_empty() {
            self.sent_at = Some(Instant::now());
        }
        Ok(events)
    }

    /// Operations move on their own: they are read whenever their revision has changed.
    async fn sample_operations(&mut self, app: &App, new: Revisions, events: &mut Vec<Event>) -> ApiResult<()> {
        let known = self.revisions.is_some_and(|old| old.operations == new.operations);
        if known {
            return Ok(());
        }
        let operations = operations::service::open(&app.db).await?;
        if operations != self.operations {
            self.operations.clone_from(&operations);
            events.push(Event::Operations { operations });
        }
        Ok(())
    }

    /// Between two slow samples the process' figures and the totals of large tables stay as they were.
    async fn quick_overview(&self, app: &App) -> ApiResult<Overview> {
        let Some(last) = &self.overview else {
            return overview(app).await;
        };
        let counts = counts(app, Some((last.counts.items_published, last.counts.renditions))).await?;
        Ok(overview_with(app, counts, last.process))
    }

    fn set_overview(&mut self, new: Overview, events: &mut Vec<Event>) {
        if self.overview.as_ref() != Some(&new) {
            self.overview = Some(new.clone());
            events.push(Event::Overview(Box::new(new)));
        }
    }
}

async fn revisions(app: &App) -> ApiResult<Revisions> {
    let (audit, dead, operations) = tokio::try_join!(
        audit::newest(&app.db),
        dead_letters::revision(&app.db),
        operations::service::revision(&app.db),
    )?;
    Ok(app.changed.revisions(audit, dead, operations))
}

/// Everything a screen needs to start with.
pub async fn snapshot(app: &App, you: WhoAmI) -> ApiResult<Snapshot> {
    let (overview, queues) = tokio::try_join!(overview(app), queues(app))?;
    let revisions = revisions(app).await?;
    Ok(Snapshot {
        at: OffsetDateTime::now_utc(),
        you,
        overview,
        queues,
        latency: app.latency.rows(),
        operations: operations::service::open(&app.db).await?,
        revisions,
    })
}

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

fn overview_with(app: &App, counts: Counts, process: Process) -> Overview {
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

async fn counts(app: &App, known: Option<(i64, i64)>) -> ApiResult<Counts> {
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
    let (depths, dead, workers, decided) = tokio::try_join!(
        app.broker.depths(),
        async { Ok(dead_letters::count_by_queue(&app.db).await?) },
        async { Ok(settings::count_workers(&app.db).await?) },
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
            backend: app.broker.backend(),
        }
    };
    Ok(QUEUES.into_iter().map(row).collect())
}
