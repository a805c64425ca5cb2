//! Runs the handler of each job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::PgConnection;
use tradepost_common::latency::Scope;
use tradepost_common::queues::Lane;
use tradepost_common::uploads::{Stage, UploadState};
use tradepost_queue::worker::{Ending, Handler};
use tradepost_queue::{Message, Outcome, Queue};
use uuid::Uuid;

use crate::app::App;
use crate::jobs::{self, Job, ScanJob};
use crate::telemetry::latency;
use crate::trace::{Ended, Span, SpanKind, TraceParent};
use crate::uploads::service as uploads;
use crate::{alerting, campaigns, fanout, mail, orders, preview, render, scan, takedown, unpack, webhooks};

/// The handlers of the daemon.
pub struct Dispatcher(pub Arc<App>);

impl Handler for Dispatcher {
    async fn until_ready(&self, queue: Queue) {
        self.0.until_on_duty().await;
        let mut scanner = self.0.scanner.clone();
        if jobs::needs_scanner(queue) {
            // An error: nobody looks for the scanner any more, the daemon stops.
            let _ = scanner.wait_for(|status| status.scanner().is_some()).await;
        }
    }

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        let (span, started) = (span(message), Instant::now());
        let work = async {
            let result = handle(&self.0, message).await;
            scan::waiting::instead_of_failing(&self.0, message, result).await
        };
        let result = span.within(work).await;
        span.end(&Ended {
            name: message.queue().as_str(),
            kind: SpanKind::Consumer,
            took: started.elapsed(),
            is_error: result.is_err(),
            attributes: &[
                ("messaging.destination.name", &message.queue().as_str()),
                ("messaging.message.id", &message.id()),
                ("messaging.message.conversation_id", &correlation(message)),
            ],
        });
        result
    }

    fn log_span(&self, message: &Message) -> tracing::Span {
        tracing::info_span!(
            "job",
            queue = message.queue().as_str(),
            trace.id = span(message).trace_id()
        )
    }

    fn on_start(&self, message: &Message) {
        let queue = message.queue().as_str();
        let latency = &self.0.latency;
        latency.record(Scope::QueueWait, queue, message.waited, latency::Outcome::Ok);
    }

    fn on_end(&self, message: &Message, took: Duration, ending: Ending) {
        let outcome = match ending {
            Ending::Done => latency::Outcome::Ok,
            Ending::Failed => latency::Outcome::Error,
            Ending::Released => return,
        };
        self.0
            .latency
            .record(Scope::Stage, message.queue().as_str(), took, outcome);
    }

    fn on_dead_letter(&self, _: &Message) {
        self.0.changed.uploads();
    }
}

/// A message that was sent outside of a trace belongs to that of its upload or order.
fn span(message: &Message) -> Span {
    let parent = message.trace_parent.as_deref().and_then(TraceParent::parse);
    parent.map_or_else(|| Span::first_in(correlation(message)), Span::caused_by)
}

fn correlation(message: &Message) -> Uuid {
    message.correlation_id.unwrap_or(message.id().0)
}

async fn handle(app: &Arc<App>, message: &Message) -> anyhow::Result<Outcome> {
    let is_interactive = message.lane() == Lane::Interactive;
    let _working = is_interactive.then(|| app.bulk.throttle.interactive_work());
    let queue = message.queue().as_str();
    let job = Job::parse(&message.payload).map_err(|fault| {
        let (at, message) = (fault.at, fault.message);
        anyhow::anyhow!("the payload is not a job of the queue {queue}: {at}: {message}")
    })?;
    match job {
        Job::Scan(ScanJob {
            upload_id,
            again: Some(number),
        }) => takedown::rescan::run(app, upload_id, number).await,
        Job::Scan(job) => scan::job::run(app, job).await,
        Job::Unpack(job) => unpack::job::run(app, job).await,
        Job::Render(job) => render::job::run(app, job).await,
        // The file that ended a worker is found by giving each a message of its own.
        Job::RenderBatch(job) if message.receives > 1 => render::job::split(app, job).await,
        Job::RenderBatch(job) => render::job::run_batch(app, job).await,
        Job::Campaign(job) => campaigns::job::run(app, job).await,
        Job::Preview(job) => preview::job::run(app, job).await,
        Job::Settle(job) => orders::job::run(app, job).await,
        Job::Notify(job) => fanout::job::run(app, job).await,
        Job::Mail(job) => mail::job::run(app, job).await,
        Job::Webhook(job) => webhooks::job::run(app, job).await,
        Job::Alert(job) => alerting::job::run(app, job).await,
        Job::Pay(job) => orders::card::run(app, job).await,
        Job::Refund(job) => orders::refund::run(app, job).await,
        Job::ProviderEvent(job) => orders::card::look(app, job).await,
    }
}

/// Settles what waits for a job that an operator gave up on, in the transaction that deletes its dead letter.
pub fn give_up<'a>(
    app: &'a App,
    tx: &'a mut PgConnection,
    job: &'a Job,
    reason: &'a str,
) -> BoxFuture<'a, sqlx::Result<()>> {
    Box::pin(async move {
        match job {
            // Nothing waits for a rescan.
            Job::Scan(job) if job.again.is_some() => Ok(()),
            Job::Scan(job) => uploads::give_up(tx, job.upload_id, UploadState::Scanning, Stage::Scan, reason).await,
            Job::Unpack(job) => {
                uploads::give_up(tx, job.upload_id, UploadState::Unpacking, Stage::Unpack, reason).await
            }
            Job::Render(job) => render::job::give_up(app, tx, job.into(), reason).await,
            Job::RenderBatch(job) => render::job::give_up(app, tx, job.into(), reason).await,
            Job::Campaign(job) => campaigns::job::give_up(tx, job, reason).await,
            Job::Preview(job) => preview::job::give_up(tx, job, reason).await,
            Job::Settle(job) => orders::job::give_up(app, tx, job, reason).await,
            // Nobody waits to be told.
            Job::Notify(_) | Job::Alert(_) => Ok(()),
            Job::Mail(job) => mail::job::give_up(tx, job).await,
            Job::Webhook(job) => webhooks::job::give_up(tx, job, reason).await,
            // The sweep sends another one.
            Job::Pay(_) | Job::Refund(_) | Job::ProviderEvent(_) => Ok(()),
        }
    })
}
