//! Sends the figures of the terminal to CloudWatch, once a period. The daemon never waits for it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::StandardUnit;
use hdrhistogram::Histogram;
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;
use tradepost_common::queues::QueueRow;

use crate::app::App;
use crate::config::{CloudwatchConfig, CloudwatchDimension, CloudwatchFormat, DaemonRole};
use crate::error::ApiResult;
use crate::jobs::QUEUES;
use crate::telemetry::alerts::AlertCode;
use crate::telemetry::cloudwatch::{Datum, Waiting, emf, put};
use crate::telemetry::process::{ProcessMeter, resident_bytes};
use crate::{aws, figures};

/// A call, its retries included.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// The last metrics are sent while the daemon stops.
const LAST: Duration = Duration::from_secs(2);
/// Periods without an answer before the alert.
const MAX_FAILURES: u32 = 3;
/// Metrics of the process and the shop.
const FIGURES: usize = 6;
const FIGURES_OF_A_QUEUE: usize = 4;

/// Sends metrics until `stop` is cancelled, and once more then.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let config = &app.config.cloudwatch;
    let namespace = config.namespace.as_deref().unwrap_or_default();
    let client = match config.format {
        CloudwatchFormat::Emf => None,
        CloudwatchFormat::Api => Some(Client::new(&aws::load(&app.config.aws, ANSWER_TIMEOUT).await?)),
    };
    let mut sender = Sender {
        app: &app,
        namespace,
        client,
        collector: Collector::default(),
        waiting: Waiting::default(),
        failures: 0,
    };
    // The first tick is now: what is recorded before the second one is its period.
    let mut ticks = interval(Duration::from_secs(config.period_seconds.into()));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => sender.send().await,
        }
    }
    if timeout(LAST, sender.send()).await.is_err() {
        tracing::warn!("the last metrics were not sent: CloudWatch does not answer");
    }
    Ok(())
}

struct Sender<'a> {
    app: &'a App,
    namespace: &'a str,
    /// `None`: the metrics are lines on standard output.
    client: Option<Client>,
    collector: Collector,
    waiting: Waiting,
    failures: u32,
}

impl Sender<'_> {
    async fn send(&mut self) {
        let meter = &self.app.cloudwatch;
        match self.collector.collect(self.app).await {
            Ok(data) => self.waiting.add(data, meter),
            Err(error) => tracing::warn!(error = error.to_string(), "could not read the figures for CloudWatch"),
        }
        let waiting = self.waiting.as_slice();
        let sent = match &self.client {
            None => write_lines(&emf::lines(self.namespace, waiting))
                .map(|()| waiting.len())
                .map_err(|error| (0, error.into())),
            Some(client) => put(client, self.namespace, waiting).await,
        };
        let (taken, error) = match sent {
            Ok(taken) => (taken, None),
            Err((taken, error)) => (taken, Some(error)),
        };
        self.waiting.forget(taken, meter);
        self.failures = if error.is_some() { self.failures + 1 } else { 0 };
        match error {
            None => self.app.alerts.clear(AlertCode::CloudwatchDown),
            Some(error) if self.failures >= MAX_FAILURES => {
                let message = format!(
                    "CloudWatch takes no metrics: {error:#}. They wait, and the oldest are dropped after a while."
                );
                self.app.alerts.raise(AlertCode::CloudwatchDown, message);
            }
            Some(error) => tracing::info!(error = format!("{error:#}"), "CloudWatch took no metrics; they wait"),
        }
    }
}

fn write_lines(lines: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}

/// The metrics of a period.
#[derive(Debug, Default)]
struct Collector {
    /// The histograms and errors at the end of the last period.
    last: BTreeMap<(Scope, String), (Histogram<u64>, u64)>,
    process: ProcessMeter,
}

impl Collector {
    async fn collect(&mut self, app: &App) -> ApiResult<Vec<Datum>> {
        let at = OffsetDateTime::now_utc();
        let config = &app.config.cloudwatch;
        let mut data = self.latencies(app, at);
        let process = |name, unit, value| Datum::gauge(name, unit, value, at);
        data.extend([
            process("ResidentMemory", StandardUnit::Bytes, resident_bytes() as f64),
            process("ProcessorCores", StandardUnit::None, self.process.cpu_cores()),
            process("RaisedAlerts", StandardUnit::Count, app.alerts.list().len() as f64),
        ]);
        // Figures that the machines share are told by those that do the chores.
        if app.config.has_role(DaemonRole::Scheduler) {
            let counts = figures::counts(app, None).await?;
            let shared = [
                ("OpenCases", counts.cases_open),
                ("PublishedItems", counts.items_published),
                ("WorkingUploads", counts.uploads_working),
            ];
            data.extend(shared.map(|(name, value)| process(name, StandardUnit::Count, value as f64)));
            data.extend(queues(config, &figures::queues(app).await?, at));
        }
        Ok(data)
    }

    fn latencies(&mut self, app: &App, at: OffsetDateTime) -> Vec<Datum> {
        let config = &app.config.cloudwatch;
        let mut periods = BTreeMap::<(Scope, Option<String>), (Histogram<u64>, u64)>::new();
        app.latency.totals(|scope, name, totals| {
            let now = (totals.histogram.clone(), totals.errors);
            let before = self.last.insert((scope, name.to_owned()), now.clone());
            let (mut period, mut errors) = now;
            if let Some((histogram, known)) = before {
                period.subtract(&histogram).expect("a total only grows");
                errors -= known;
            }
            if period.is_empty() {
                return;
            }
            let name = config.tells_apart(scope).then(|| name.to_owned());
            match periods.entry((scope, name)) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert((period, errors));
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    let sum = entry.get_mut();
                    sum.0.add(&period).expect("histograms grow to every value");
                    sum.1 += errors;
                }
            }
        });
        let data = periods.into_iter().flat_map(|((scope, name), (period, errors))| {
            let dimensions = |datum: Datum| {
                let datum = datum.with_dimension("Scope", scope.as_str());
                match &name {
                    Some(name) => datum.with_dimension("Name", name.as_str()),
                    None => datum,
                }
            };
            let errors = Datum::gauge("Errors", StandardUnit::Count, errors as f64, at);
            [dimensions(Datum::latency(&period, at)), dimensions(errors)]
        });
        data.collect()
    }
}

/// The figures of each queue, or of all together.
fn queues(config: &CloudwatchConfig, queues: &[QueueRow], at: OffsetDateTime) -> Vec<Datum> {
    let figures = |rows: &[QueueRow]| -> [Datum; FIGURES_OF_A_QUEUE] {
        let sum = |value: fn(&QueueRow) -> i64| rows.iter().map(value).sum::<i64>() as f64;
        let ages = rows.iter().filter_map(|row| row.oldest_age_seconds);
        [
            ("QueueDepth", StandardUnit::Count, sum(|row| row.depth)),
            ("QueueInFlight", StandardUnit::Count, sum(|row| row.in_flight)),
            ("DeadLetters", StandardUnit::Count, sum(|row| row.dead)),
            ("QueueOldestAge", StandardUnit::Seconds, ages.fold(0.0, f64::max)),
        ]
        .map(|(name, unit, value)| Datum::gauge(name, unit, value, at))
    };
    if !config.dimensions.contains(&CloudwatchDimension::Queue) {
        return figures(queues).into();
    }
    let of_queue =
        |row: &QueueRow| figures(std::slice::from_ref(row)).map(|datum| datum.with_dimension("Queue", &row.name));
    queues.iter().flat_map(of_queue).collect()
}

/// Metrics that may be sent, and US dollars that they cost a month at Amazon's list price of 0.30 for each of the first 10,000.
pub fn cost(config: &CloudwatchConfig, routes: usize) -> (usize, f64) {
    let names = |dimension, names: usize| {
        if config.dimensions.contains(&dimension) {
            names
        } else {
            1
        }
    };
    let queues = names(CloudwatchDimension::Queue, QUEUES.len());
    // Each queue has a handler; `render` has four parts.
    let stages = names(CloudwatchDimension::Stage, QUEUES.len() + 4);
    let routes = names(CloudwatchDimension::Route, routes);
    // Latency and errors of these, of the pool and of the control socket.
    let latencies = 2 * (queues + stages + routes + 2);
    let metrics = latencies + FIGURES_OF_A_QUEUE * queues + FIGURES;
    (metrics, metrics as f64 * 0.30)
}
