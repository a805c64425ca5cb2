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
use tradepost_common::overview::{Overview, WhoAmI};
use tradepost_common::queues::QueueRow;

use crate::app::App;
use crate::dead_letters::service as dead_letters;
use crate::error::ApiResult;
use crate::figures::{counts, overview, overview_with, queues};
use crate::{audit, operations};

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
