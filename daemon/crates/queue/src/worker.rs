//! The worker loop of every queue: receive, take a permit, run the handler, delete.
//!
//! Heartbeats extend messages in flight; the handler of a message whose receipt handle is lost is aborted, because another worker has it.
//! Stopping has two phases: nothing more is received, running handlers may finish until the deadline; the rest is released.

mod backlog;
mod claims;
mod in_flight;
mod pace;
mod permits;
mod poll;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::in_flight::{HeartbeatGuard, InFlightSet, heartbeat};
use self::pace::Pace;
use self::permits::{Permit, Permits};
use self::settle::delete_done;
use crate::broker::{Broker, Poll};
use crate::message::{Message, Outcome, Queue};
use crate::notification::Notifier;
use crate::running::RunningSet;
use crate::settings::Settings;

/// The most messages that are deleted together.
const MAX_DELETES: usize = 200;
/// Messages with a permit on their way to their handlers.
const MAX_ARRIVALS: usize = 32;

/// Shared by all workers of a process.
#[derive(Clone)]
pub struct WorkerContext {
    pub broker: Broker,
    pub notifier: Arc<Notifier>,
    pub settings: watch::Receiver<Settings>,
    pub running: RunningSet,
    /// The name that attempts are recorded with: `host:pid`.
    pub worker: String,
}

/// Handles messages.
pub trait Handler: Send + Sync + 'static {
    /// Resolves when handlers of the queue can run.
    fn until_ready(&self, queue: Queue) -> impl Future<Output = ()> + Send;

    /// Handles one message; idempotent.
    fn handle(&self, message: &Message) -> impl Future<Output = anyhow::Result<Outcome>> + Send;

    /// The span around everything that is logged for a message.
    fn log_span(&self, _message: &Message) -> tracing::Span {
        tracing::Span::none()
    }

    /// A message was received and has a permit.
    fn on_start(&self, _message: &Message) {}

    /// The handler of a message has returned, or was aborted.
    fn on_end(&self, _message: &Message, _took: Duration, _ending: Ending) {}

    /// A message became a dead letter.
    fn on_dead_letter(&self, _message: &Message) {}
}

/// The end of a handler, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Done,
    Failed,
    /// The message went back, and nothing was done: a later delivery does it.
    Released,
}

/// The limits of the worker of one queue.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Handlers at once, unless an operator set another number.
    pub concurrency: u32,
    /// Messages that may be claimed before a handler is free for them. On SQS it has no meaning.
    pub prefetch: u32,
    pub visibility: Duration,
    /// Failed attempts after which a message becomes a dead letter.
    pub attempts: u32,
    /// The delay after the first failed attempt.
    pub backoff: Duration,
    /// The time for which running handlers may go on after the stop.
    pub stop_deadline: Duration,
}

/// The worker of one queue.
struct Worker<H> {
    context: WorkerContext,
    handler: Arc<H>,
    queue: Queue,
    policy: Policy,
    permits: Arc<Permits>,
    pace: Pace,
    in_flight: InFlightSet,
    done: mpsc::Sender<DoneMessage>,
}

/// A received message with its permit.
struct Arrival {
    message: Message,
    guard: HeartbeatGuard,
    permit: Permit,
}

/// A message to be deleted.
struct DoneMessage {
    message: Message,
    guard: HeartbeatGuard,
}

/// Works on one queue until `stop` is cancelled.
pub async fn run<H: Handler>(
    context: WorkerContext,
    handler: Arc<H>,
    queue: Queue,
    policy: Policy,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (done, to_delete) = mpsc::channel(MAX_DELETES);
    let worker = Arc::new(Worker {
        permits: Permits::new(policy.concurrency),
        pace: Pace::default(),
        in_flight: InFlightSet::default(),
        context,
        handler,
        queue,
        policy,
        done,
    });
    let mut heartbeats = JoinSet::new();
    heartbeats.spawn(heartbeat(
        worker.context.broker.clone(),
        worker.in_flight.clone(),
        worker.policy.visibility,
    ));
    let mut deleting = JoinSet::new();
    deleting.spawn(delete_done(worker.context.broker.clone(), queue, to_delete));

    let mut handlers = JoinSet::new();
    let (arrive, mut arrivals) = mpsc::channel(MAX_ARRIVALS);
    let polls = worker.context.broker.polls().iter();
    let polling = join_all(polls.map(|poll| worker.receive_all(*poll, arrive.clone(), &stop)));
    drop(arrive);
    let accepting = async {
        while let Some(arrival) = arrivals.recv().await {
            while handlers.try_join_next().is_some() {}
            let span = worker.handler.log_span(&arrival.message);
            handlers.spawn(worker.clone().handle(arrival).instrument(span));
        }
    };
    tokio::select! {
        // Both end when `stop` is cancelled.
        _ = async { tokio::join!(polling, accepting) } => {}
        () = worker.follow_settings() => {}
    }
    worker.finish(handlers).await;
    drop(worker);
    // Without senders left it deletes what it has and ends.
    while deleting.join_next().await.is_some() {}
    heartbeats.shutdown().await;
    Ok(())
}

impl<H: Handler> Worker<H> {
    /// Receives messages and passes them on, each with a permit, until `stop` is cancelled.
    async fn receive_all(&self, poll: Poll, arrive: mpsc::Sender<Arrival>, stop: &CancellationToken) {
        match poll {
            Poll::Both | Poll::Prompt => self.claim_all(arrive, stop).await,
            Poll::Lane(_) => self.poll_lane(poll, arrive, stop).await,
        }
    }

    /// Changes the number of permits whenever an operator does.
    async fn follow_settings(&self) {
        let mut settings = self.context.settings.clone();
        loop {
            let concurrency = settings
                .borrow_and_update()
                .get(&self.queue)
                .and_then(|setting| setting.concurrency);
            self.permits.set_limit(concurrency.unwrap_or(self.policy.concurrency));
            if settings.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets running handlers finish, then releases the messages that are left.
    async fn finish(&self, mut handlers: JoinSet<()>) {
        let drain = async { while handlers.join_next().await.is_some() {} };
        if tokio::time::timeout(self.policy.stop_deadline, drain).await.is_ok() {
            return;
        }
        let left = self.in_flight.messages();
        handlers.shutdown().await;
        for message in left {
            if let Err(error) = self.context.broker.release_aborted(&message).await {
                let error = format!("{error:#}");
                tracing::warn!(message.id = %message.id, error, "could not release a message");
            }
        }
    }
}
