//! Receiving: slots first, then as many messages as there are slots; a long poll of each lane where the backend has those.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Arrival, Work, Worker};
use crate::queue::settings::Settings;
use crate::queue::slots::Slot;
use crate::queue::{Message, Poll, QueueName};

/// A queue without work is looked at this often even if nothing woke its worker: sooner when it had work until just now.
const IDLE_POLL: Duration = Duration::from_secs(5);
const FIRST_IDLE_POLL: Duration = Duration::from_millis(20);
/// With more messages waiting, slots that come free within this time are filled by one receive.
const GATHER: Duration = Duration::from_millis(1);
/// One receive takes at most so many messages; SQS gives ten at most.
const BATCH: u32 = 100;

impl<W: Work> Worker<W> {
    /// Receives messages and hands them on until `stop` is cancelled.
    pub(super) async fn poll(&self, poll: Poll, arrive: mpsc::Sender<Arrival>, stop: &CancellationToken) {
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

fn is_paused(settings: &Settings, queue: QueueName) -> bool {
    settings.get(&queue).is_some_and(|setting| setting.paused_by.is_some())
}
