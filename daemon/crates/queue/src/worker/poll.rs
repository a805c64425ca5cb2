//! Long polls: one of each lane, without a permit; and what all receives share.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Arrival, Handler, Worker};
use crate::broker::Poll;
use crate::message::{Message, Queue};
use crate::settings::Settings;

impl<H: Handler> Worker<H> {
    /// Receives messages of one lane and passes them on until `stop` is cancelled.
    pub(super) async fn poll_lane(&self, poll: Poll, arrive: mpsc::Sender<Arrival>, stop: &CancellationToken) {
        loop {
            let messages = tokio::select! {
                () = stop.cancelled() => return,
                // Messages that SQS delivers at a stop come back after their visibility timeout.
                messages = self.long_poll(poll) => messages,
            };
            self.wait_for_permits(messages, &arrive, stop).await;
        }
    }

    /// One long poll of a lane. It holds no permit: the other lane may need it meanwhile.
    async fn long_poll(&self, poll: Poll) -> Vec<Message> {
        self.until_workable().await;
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

    pub(super) async fn receive(&self, poll: Poll, limit: u32) -> Vec<Message> {
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
    pub(super) async fn until_workable(&self) {
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

    pub(super) async fn until_paused(&self) {
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

fn is_paused(settings: &Settings, queue: Queue) -> bool {
    settings.get(&queue).is_some_and(|setting| setting.paused_by.is_some())
}
