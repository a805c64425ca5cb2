//! Receiving: permits first, then as many messages as there are permits; with long polls, one of each lane without a permit.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::permits::Permit;
use super::{Arrival, Handler, Worker};
use crate::broker::Poll;
use crate::message::{Message, Queue};
use crate::settings::Settings;

/// The poll interval of an idle queue: it doubles from the first to this one.
const IDLE_POLL: Duration = Duration::from_secs(5);
const FIRST_IDLE_POLL: Duration = Duration::from_millis(20);
/// With more messages waiting, permits that become free within this time are used by one receive.
const GATHER: Duration = Duration::from_millis(1);
/// The most messages of one receive; SQS gives ten at most.
const MAX_RECEIVE: u32 = 100;

impl<H: Handler> Worker<H> {
    /// Receives messages and passes them on until `stop` is cancelled.
    pub(super) async fn poll(&self, poll: Poll, arrive: mpsc::Sender<Arrival>, stop: &CancellationToken) {
        let mut rhythm = Rhythm::Idle(FIRST_IDLE_POLL);
        loop {
            let received = tokio::select! {
                () = stop.cancelled() => return,
                () = self.until_workable() => match poll {
                    Poll::Both => Received::Permits(tokio::select! {
                        () = stop.cancelled() => return,
                        permits = self.take_permits_to_work(rhythm) => permits,
                    }),
                    Poll::Lane(_) => Received::Messages(tokio::select! {
                        // Messages that SQS delivers just now come back after their visibility timeout.
                        () = stop.cancelled() => return,
                        messages = self.long_poll(poll) => messages,
                    }),
                },
            };
            match received {
                Received::Permits(permits) => rhythm = self.fill(permits, rhythm, &arrive, stop).await,
                Received::Messages(messages) => self.wait_for_permits(messages, &arrive, stop).await,
            }
        }
    }

    /// Permits may take long to become free, and the queue may be paused meanwhile.
    async fn take_permits_to_work(&self, rhythm: Rhythm) -> Vec<Permit> {
        let permits = self.take_permits(rhythm).await;
        self.until_workable().await;
        permits
    }

    /// Takes free permits. One receive of many messages costs much less than many receives of one.
    async fn take_permits(&self, rhythm: Rhythm) -> Vec<Permit> {
        let clock = Instant::now();
        let mut permits = self.permits.take(MAX_RECEIVE).await;
        // Slower handlers keep no permit waiting.
        if matches!(rhythm, Rhythm::Busy) && clock.elapsed() < GATHER {
            // A timeout takes what there is.
            let _ = tokio::time::timeout(GATHER, self.permits.take_more(&mut permits, MAX_RECEIVE)).await;
        }
        permits
    }

    /// Receives at most one message for each permit, or waits for the next message. A received message is never dropped on the way.
    async fn fill(
        &self,
        permits: Vec<Permit>,
        rhythm: Rhythm,
        arrive: &mpsc::Sender<Arrival>,
        stop: &CancellationToken,
    ) -> Rhythm {
        let permits_taken = permits.len();
        let notified = self.context.notifier.notified(self.queue);
        let messages = self.receive(Poll::Both, permits.len() as u32).await;
        if messages.is_empty() {
            drop(permits);
            let wait = self.context.broker.next_visible_in(self.queue).await;
            let idle = match rhythm {
                Rhythm::Idle(wait) => wait,
                Rhythm::Busy | Rhythm::Sparse => FIRST_IDLE_POLL,
            };
            let wait = wait.ok().flatten().unwrap_or(idle).clamp(FIRST_IDLE_POLL, idle);
            tokio::select! {
                () = stop.cancelled() => {}
                _ = tokio::time::timeout(wait, notified) => {}
            }
            return Rhythm::Idle((idle * 2).min(IDLE_POLL));
        }
        let is_full = messages.len() == permits_taken;
        for (message, permit) in messages.into_iter().zip(permits) {
            let guard = self.in_flight.insert(message.in_flight.clone());
            let arrival = Arrival { message, guard, permit };
            arrive.send(arrival).await.expect("arrivals outlive the polls");
        }
        if is_full { Rhythm::Busy } else { Rhythm::Sparse }
    }

    /// One long poll of a lane. It holds no permit: the other lane may need it meanwhile.
    async fn long_poll(&self, poll: Poll) -> Vec<Message> {
        let free = self.permits.free().await;
        self.receive(poll, free).await
    }

    /// Takes a permit for each received message. At most ten of a lane wait here, and heartbeats extend them.
    async fn wait_for_permits(&self, messages: Vec<Message>, arrive: &mpsc::Sender<Arrival>, stop: &CancellationToken) {
        let mut waiting: Vec<_> = messages
            .into_iter()
            .map(|message| (self.in_flight.insert(message.in_flight.clone()), message))
            .rev()
            .collect();
        while let Some((_, message)) = waiting.last() {
            let permit = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // The queue may have been paused during the long poll.
                () = self.until_paused() => break,
                permit = self.permits.take_for(message.lane()) => permit,
            };
            let (guard, message) = waiting.pop().expect("there is a last one");
            let arrival = Arrival { message, guard, permit };
            arrive.send(arrival).await.expect("arrivals outlive the polls");
        }
        for (_, message) in waiting {
            self.release(&message, Duration::ZERO).await;
        }
    }

    async fn receive(&self, poll: Poll, limit: u32) -> Vec<Message> {
        let broker = &self.context.broker;
        match broker.receive(self.queue, poll, limit, self.policy.visibility).await {
            Ok(messages) => messages,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(queue = self.queue.as_str(), error, "could not receive messages");
                tokio::time::sleep(Duration::from_secs(1)).await;
                Vec::new()
            }
        }
    }

    /// Waits while the queue is paused or its handlers can not run.
    async fn until_workable(&self) {
        let mut settings = self.context.settings.clone();
        loop {
            self.handler.until_ready(self.queue).await;
            if !is_paused(&settings.borrow_and_update(), self.queue) {
                return;
            }
            if settings.changed().await.is_err() {
                // Nobody can resume it any more: the process stops.
                std::future::pending::<()>().await;
            }
        }
    }

    async fn until_paused(&self) {
        let mut settings = self.context.settings.clone();
        if settings
            .wait_for(|settings| is_paused(settings, self.queue))
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

/// The result of the last receive.
#[derive(Debug, Clone, Copy)]
enum Rhythm {
    /// A message for each permit: more are waiting.
    Busy,
    /// Fewer messages than permits.
    Sparse,
    /// No message; the next receive is after this time.
    Idle(Duration),
}

enum Received {
    Permits(Vec<Permit>),
    Messages(Vec<Message>),
}

fn is_paused(settings: &Settings, queue: Queue) -> bool {
    settings.get(&queue).is_some_and(|setting| setting.paused_by.is_some())
}
