//! The one loop that works on every queue: take a slot, receive, run the handler, commit, delete.
//!
//! Heartbeats extend what is in hand; a message whose receipt is lost is abandoned at once, because somebody else has it now.
//! Stopping has two phases: nothing more is received, running handlers may finish until the deadline, the rest is given back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;

use super::attempts::{self, Failure};
use super::in_hand::{self, Grip, InHand};
use super::settings::Settings;
use super::slots::{Slot, Slots};
use super::stats::QueueStats;
use super::wake::Wake;
use super::{Broker, Message, Outcome, Poll, QueueName, backoff, dead};
use crate::telemetry::latency::{self, Latency};

/// A queue without work is looked at this often even if nothing woke its worker: sooner when it had work until just now.
const IDLE_POLL: Duration = Duration::from_secs(5);
const FIRST_IDLE_POLL: Duration = Duration::from_millis(20);
/// With more messages waiting, slots that come free within this time are filled by one receive.
const GATHER: Duration = Duration::from_millis(1);
/// A worker that is killed is not the fault of what it had in hand: so many are forgiven.
pub const LOST_WORKERS: u32 = 5;
/// One receive takes at most so many messages; SQS gives ten at most.
const BATCH: u32 = 100;
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
    /// Receives messages and hands them on until `stop` is cancelled.
    async fn poll(&self, poll: Poll, arrive: mpsc::Sender<Arrival>, stop: &CancellationToken) {
        let mut rhythm = Rhythm::Idle(FIRST_IDLE_POLL);
        loop {
            let received = tokio::select! {
                () = stop.cancelled() => return,
                () = self.until_workable() => match poll {
                    Poll::Both => Received::Slots(tokio::select! {
                        () = stop.cancelled() => return,
                        slots = self.take_slots(rhythm) => slots,
                    }),
                    Poll::Lane(_) => Received::Messages(tokio::select! {
                        // What SQS may have handed out just now comes back after its visibility timeout.
                        () = stop.cancelled() => return,
                        messages = self.long_poll(poll) => messages,
                    }),
                },
            };
            match received {
                Received::Slots(slots) => rhythm = self.fill(slots, rhythm, &arrive, stop).await,
                Received::Messages(messages) => self.seat(messages, &arrive, stop).await,
            }
        }
    }

    /// Takes free slots. One receive for many costs much less than many for one each.
    async fn take_slots(&self, rhythm: Rhythm) -> Vec<Slot> {
        let clock = Instant::now();
        let mut slots = self.slots.take(BATCH).await;
        // Handlers that take longer than this keep no slot waiting.
        if matches!(rhythm, Rhythm::Busy) && clock.elapsed() < GATHER {
            // However many there are when the time is over.
            let _ = tokio::time::timeout(GATHER, self.slots.take_more(&mut slots, BATCH)).await;
        }
        slots
    }

    /// Receives at most one message for each slot, or waits for the next message. What is received is never dropped on the way.
    async fn fill(
        &self,
        slots: Vec<Slot>,
        rhythm: Rhythm,
        arrive: &mpsc::Sender<Arrival>,
        stop: &CancellationToken,
    ) -> Rhythm {
        let slots_taken = slots.len();
        let woken = self.engine.wake.notified(self.queue);
        let messages = self.receive(Poll::Both, slots.len() as u32).await;
        if messages.is_empty() {
            drop(slots);
            let wait = self.engine.broker.next_visible_in(self.queue).await;
            let idle = match rhythm {
                Rhythm::Idle(wait) => wait,
                Rhythm::Busy | Rhythm::Sparse => FIRST_IDLE_POLL,
            };
            let wait = wait.ok().flatten().unwrap_or(idle).clamp(FIRST_IDLE_POLL, idle);
            tokio::select! {
                () = stop.cancelled() => {}
                _ = tokio::time::timeout(wait, woken) => {}
            }
            return Rhythm::Idle((idle * 2).min(IDLE_POLL));
        }
        let is_full = messages.len() == slots_taken;
        for (message, slot) in messages.into_iter().zip(slots) {
            let grip = self.in_hand.hold(message.held.clone());
            let arrival = Arrival { message, grip, slot };
            arrive.send(arrival).await.expect("arrivals outlive the polls");
        }
        if is_full { Rhythm::Busy } else { Rhythm::Sparse }
    }

    /// One long poll of a lane; it holds no slot, because the other lane may need it meanwhile.
    async fn long_poll(&self, poll: Poll) -> Vec<Message> {
        let free = self.slots.free().await;
        self.receive(poll, free).await
    }

    /// Finds a slot for each message that was received; at most ten of a lane wait here, and heartbeats extend them.
    async fn seat(&self, messages: Vec<Message>, arrive: &mpsc::Sender<Arrival>, stop: &CancellationToken) {
        let mut held: Vec<_> = messages
            .into_iter()
            .map(|message| (self.in_hand.hold(message.held.clone()), message))
            .rev()
            .collect();
        while let Some((_, message)) = held.last() {
            let slot = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // The queue may have been paused during the long poll.
                () = self.until_paused() => break,
                slot = self.slots.take_for(message.held.lane) => slot,
            };
            let (grip, message) = held.pop().expect("there is a last one");
            let arrival = Arrival { message, grip, slot };
            arrive.send(arrival).await.expect("arrivals outlive the polls");
        }
        for (_, message) in held {
            self.give_back(&message, Duration::ZERO).await;
        }
    }

    async fn receive(&self, poll: Poll, limit: u32) -> Vec<Message> {
        let engine = &self.engine;
        match engine
            .broker
            .receive(self.queue, poll, limit, self.policy.visibility)
            .await
        {
            Ok(messages) => messages,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(queue = self.queue.as_str(), error, "can not receive messages");
                tokio::time::sleep(Duration::from_secs(1)).await;
                Vec::new()
            }
        }
    }

    /// Waits while the queue is paused or what it needs is away.
    async fn until_workable(&self) {
        let mut settings = self.engine.settings.clone();
        loop {
            self.work.until_ready(self.queue).await;
            if !is_paused(&settings.borrow_and_update(), self.queue) {
                return;
            }
            if settings.changed().await.is_err() {
                // Nobody can resume it any more: the daemon stops.
                std::future::pending::<()>().await;
            }
        }
    }

    async fn until_paused(&self) {
        let mut settings = self.engine.settings.clone();
        if settings
            .wait_for(|settings| is_paused(settings, self.queue))
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }

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

    /// Runs the handler of one message and settles the message.
    async fn handle(self: Arc<Self>, arrival: Arrival) {
        let Arrival { message, grip, slot } = arrival;
        let (engine, name) = (&self.engine, self.queue.as_str());
        engine.stats.started(self.queue);
        let waited = message.waited;
        engine
            .latency
            .record(Scope::QueueWait, name, waited, latency::Outcome::Ok);
        let (started_at, clock) = (OffsetDateTime::now_utc(), Instant::now());
        let result = tokio::select! {
            result = self.attempt(&message) => Some(result),
            () = grip.lost() => None,
        };
        let outcome = if matches!(result, Some(Err(_))) {
            latency::Outcome::Error
        } else {
            latency::Outcome::Ok
        };
        engine.latency.record(Scope::Stage, name, clock.elapsed(), outcome);
        match result {
            None => engine.stats.returned(self.queue),
            Some(Ok(Outcome::Done)) => self.done(message, grip).await,
            Some(Ok(Outcome::Discard(reason))) => {
                tracing::info!(queue = name, message.id = %message.id(), "discarded a message: {reason}");
                self.done(message, grip).await;
            }
            Some(Ok(Outcome::Retry(after))) => {
                engine.stats.returned(self.queue);
                self.give_back(&message, after).await;
            }
            Some(Err(error)) => {
                engine.stats.failed(self.queue);
                self.fail(&message, &error, started_at, clock.elapsed()).await;
            }
        }
        drop(slot);
    }

    /// A message that was received much oftener than it has failed has taken its workers down: it is not tried again.
    async fn attempt(&self, message: &Message) -> anyhow::Result<Outcome> {
        if message.buried {
            return Ok(Outcome::Discard("a copy of a dead letter".to_owned()));
        }
        if let Some(fault) = &message.fault {
            anyhow::bail!("{fault}");
        }
        if lost_workers(message) > LOST_WORKERS {
            anyhow::bail!("{} workers were lost with it", lost_workers(message));
        }
        match AssertUnwindSafe(self.work.handle(message)).catch_unwind().await {
            Ok(result) => result,
            // The hook has logged where.
            Err(_) => Err(anyhow::anyhow!("the handler panicked")),
        }
    }

    async fn done(&self, message: Message, grip: Grip) {
        self.engine.stats.done(self.queue);
        let settled = Settled { message, grip };
        self.done
            .send(settled)
            .await
            .expect("the deleting task outlives the handlers");
    }

    async fn give_back(&self, message: &Message, after: Duration) {
        if let Err(error) = self.engine.broker.give_back(message, after).await {
            let error = format!("{error:#}");
            tracing::warn!(queue = self.queue.as_str(), message.id = %message.id(), error, "could not give a message back");
        }
    }

    /// Records a failed attempt; the message is tried again later, or becomes a dead letter.
    async fn fail(&self, message: &Message, error: &anyhow::Error, started_at: OffsetDateTime, took: Duration) {
        let text = format!("{error:#}");
        let failure = Failure {
            message,
            backend: self.engine.broker.name(),
            worker: &self.engine.worker,
            error: &text,
            started_at,
            took,
        };
        let (queue, attempt) = (self.queue.as_str(), message.attempt);
        let last = attempt >= self.policy.attempts || lost_workers(message) > LOST_WORKERS;
        let settled = if last {
            self.bury(&failure).await
        } else {
            tracing::warn!(queue, message.id = %message.id(), attempt, error = text, "attempt failed");
            self.retry(&failure).await
        };
        if let Err(error) = settled {
            // Its visibility timeout brings the message back.
            let error = format!("{error:#}");
            tracing::warn!(queue, message.id = %message.id(), error, "could not settle a message");
        }
    }

    /// Record and release are one: killed in between, the attempt would be recorded again under the same number.
    async fn retry(&self, failure: &Failure<'_>) -> anyhow::Result<()> {
        let (held, broker) = (&failure.message.held, &self.engine.broker);
        let after = backoff(self.policy.backoff, failure.message.attempt);
        let mut tx = self.engine.db.begin().await?;
        if !broker.release_in(&mut tx, held, after).await? {
            // Somebody else has it now, and records how that goes.
            return Ok(());
        }
        attempts::record_retry(&mut *tx, failure).await?;
        tx.commit().await?;
        broker.release_after_commit(held, after).await
    }

    async fn bury(&self, failure: &Failure<'_>) -> anyhow::Result<()> {
        let message = failure.message;
        if dead::bury(&self.engine.db, &self.engine.broker, failure).await? {
            let (queue, attempt, error) = (self.queue.as_str(), message.attempt, failure.error);
            tracing::error!(queue, message.id = %message.id(), attempt, error, "message became a dead letter");
            self.work.buried(message);
        }
        Ok(())
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

/// What the last receive found.
#[derive(Debug, Clone, Copy)]
enum Rhythm {
    /// A message for each slot: more are waiting.
    Busy,
    /// Fewer messages than slots.
    Sparse,
    /// Nothing; it looks again after this time.
    Idle(Duration),
}

enum Received {
    Slots(Vec<Slot>),
    Messages(Vec<Message>),
}

/// Deletes what is done, many at once, until nobody can send any more.
async fn delete_settled(engine: Arc<Engine>, queue: QueueName, mut settled: mpsc::Receiver<Settled>) {
    let mut batch = Vec::with_capacity(DELETED_AT_ONCE);
    while settled.recv_many(&mut batch, DELETED_AT_ONCE).await > 0 {
        let redriven: Vec<_> = batch
            .iter()
            .filter(|s| s.message.redrives > 0)
            .map(|s| s.message.id())
            .collect();
        let held: Vec<_> = batch.iter().map(|settled| settled.message.held.clone()).collect();
        let deleted = async {
            if !redriven.is_empty() {
                dead::mark_succeeded(&engine.db, &redriven).await?;
            }
            engine.broker.delete(&held).await
        };
        if let Err(error) = deleted.await {
            // They come back after their visibility timeout, and their handlers find that all is done.
            let (messages, error) = (held.len(), format!("{error:#}"));
            tracing::warn!(queue = queue.as_str(), messages, error, "could not delete messages");
        }
        batch.iter().for_each(|settled| settled.grip.let_go());
        batch.clear();
    }
}

fn is_paused(settings: &Settings, queue: QueueName) -> bool {
    settings.get(&queue).is_some_and(|setting| setting.paused_by.is_some())
}

/// Deliveries after which neither a failure was recorded nor the message deleted.
fn lost_workers(message: &Message) -> u32 {
    message.receives.saturating_sub(message.attempt)
}
