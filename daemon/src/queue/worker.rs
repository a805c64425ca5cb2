//! The one loop that works on every queue: take a slot, receive, run the handler, commit, delete.
//!
//! Heartbeats extend what is in hand; a message whose receipt is lost is abandoned at once, because somebody else has it now.
//! Stopping has two phases: nothing more is received, running handlers may finish until the deadline, the rest is given back.

mod poll;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::settle::delete_settled;
use super::in_hand::{self, Grip, InHand};
use super::settings::Settings;
use super::slots::{Slot, Slots};
use super::stats::QueueStats;
use super::wake::Wake;
use super::{Broker, Message, Outcome, QueueName};
use crate::telemetry::latency::Latency;

/// A worker that is killed is not the fault of what it had in hand: so many are forgiven.
pub const LOST_WORKERS: u32 = 5;
/// So many messages that are done are deleted together.
const DELETED_AT_ONCE: usize = 100;

/// What the loop stands on.
pub struct Engine {
    pub db: PgPool,
    pub broker: Broker,
    pub wake: Arc<Wake>,
    pub settings: watch::Receiver<Settings>,
    pub stats: Arc<QueueStats>,
    pub latency: Arc<Latency>,
    /// How attempts are signed: `host:pid`.
    pub worker: String,
}

/// What is done with the messages.
pub trait Work: Send + Sync + 'static {
    /// Resolves when work on the queue makes sense.
    fn until_ready(&self, queue: QueueName) -> impl Future<Output = ()> + Send;

    /// Handles one message; idempotent.
    fn handle(&self, message: &Message) -> impl Future<Output = anyhow::Result<Outcome>> + Send;

    /// A message became a dead letter.
    fn buried(&self, message: &Message);
}

/// How a worker treats its queue.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Handlers at once, unless an operator decided otherwise.
    pub concurrency: u32,
    pub visibility: Duration,
    pub attempts: u32,
    pub backoff: Duration,
    /// How long running handlers may go on after the stop.
    pub stop_deadline: Duration,
}

/// The worker of one queue.
struct Worker<W> {
    engine: Arc<Engine>,
    work: Arc<W>,
    queue: QueueName,
    policy: Policy,
    slots: Arc<Slots>,
    in_hand: InHand,
    done: mpsc::Sender<Settled>,
}

/// A message that was received, and the slot it runs in.
struct Arrival {
    message: Message,
    grip: Grip,
    slot: Slot,
}

/// A message that is to be deleted.
struct Settled {
    message: Message,
    grip: Grip,
}

/// Works on one queue until `stop` is cancelled.
///
/// # Errors
/// Never: a backend that is away is waited for.
pub async fn run<W: Work>(
    engine: Arc<Engine>,
    work: Arc<W>,
    queue: QueueName,
    policy: Policy,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (done, settled) = mpsc::channel(DELETED_AT_ONCE);
    let worker = Arc::new(Worker {
        slots: Slots::new(policy.concurrency),
        in_hand: InHand::default(),
        engine,
        work,
        queue,
        policy,
        done,
    });
    let mut helpers = JoinSet::new();
    helpers.spawn(in_hand::heartbeat(
        worker.engine.broker.clone(),
        worker.in_hand.clone(),
        worker.policy.visibility,
    ));
    let mut deleting = JoinSet::new();
    deleting.spawn(delete_settled(worker.engine.clone(), queue, settled));

    let mut handlers = JoinSet::new();
    let (arrive, mut arrivals) = mpsc::channel(1);
    let polls = worker.engine.broker.polls().iter();
    let polling = join_all(polls.map(|poll| worker.poll(*poll, arrive.clone(), &stop)));
    drop(arrive);
    let accepting = async {
        while let Some(arrival) = arrivals.recv().await {
            while handlers.try_join_next().is_some() {}
            handlers.spawn(worker.clone().handle(arrival));
        }
    };
    tokio::select! {
        // Both end by themselves when `stop` is cancelled.
        _ = async { tokio::join!(polling, accepting) } => {}
        () = worker.follow_settings() => {}
    }
    worker.finish(handlers).await;
    drop(worker);
    // Without senders left it deletes what it has and ends.
    while deleting.join_next().await.is_some() {}
    helpers.shutdown().await;
    Ok(())
}

impl<W: Work> Worker<W> {
    /// Changes the number of slots whenever an operator does.
    async fn follow_settings(&self) {
        let mut settings = self.engine.settings.clone();
        loop {
            let decided = settings
                .borrow_and_update()
                .get(&self.queue)
                .and_then(|setting| setting.concurrency);
            self.slots.set_limit(decided.unwrap_or(self.policy.concurrency));
            if settings.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets running handlers finish, then gives back what is left.
    async fn finish(&self, mut handlers: JoinSet<()>) {
        let drain = async { while handlers.join_next().await.is_some() {} };
        if tokio::time::timeout(self.policy.stop_deadline, drain).await.is_ok() {
            return;
        }
        let left = self.in_hand.running();
        handlers.shutdown().await;
        for held in left {
            if let Err(error) = self.engine.broker.surrender(&held).await {
                let error = format!("{error:#}");
                tracing::warn!(message.id = %held.id, error, "could not give a message back");
            }
        }
    }
}
