//! The messages that were claimed and wait for a permit, interactive ones first.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tradepost_common::queues::Lane;

use super::in_flight::HeartbeatGuard;
use crate::message::{InFlight, Message};

/// Messages that were claimed ahead of their permits.
#[derive(Debug, Default)]
pub struct Backlog {
    interactive: VecDeque<Waiting>,
    bulk: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    guard: HeartbeatGuard,
    since: Instant,
}

impl Backlog {
    pub fn len(&self) -> u32 {
        (self.interactive.len() + self.bulk.len()) as u32
    }

    pub fn is_empty(&self) -> bool {
        self.interactive.is_empty() && self.bulk.is_empty()
    }

    pub fn push(&mut self, message: Message, guard: HeartbeatGuard) {
        let lane = match message.lane() {
            Lane::Interactive => &mut self.interactive,
            Lane::Bulk => &mut self.bulk,
        };
        let since = Instant::now();
        lane.push_back(Waiting { message, guard, since });
    }

    /// Takes the next message out.
    pub fn pop(&mut self) -> Option<(Message, HeartbeatGuard)> {
        let next = self.interactive.pop_front().or_else(|| self.bulk.pop_front())?;
        let mut message = next.message;
        message.waited += next.since.elapsed();
        Some((message, next.guard))
    }

    /// The time since which the message has waited that was claimed first.
    pub fn oldest(&self) -> Option<Instant> {
        let lanes = [&self.interactive, &self.bulk];
        lanes
            .iter()
            .filter_map(|lane| lane.front())
            .map(|first| first.since)
            .min()
    }

    /// Takes all messages out, each with the time since it became visible.
    pub fn drain(&mut self) -> (Vec<(InFlight, Duration)>, Vec<HeartbeatGuard>) {
        std::iter::from_fn(|| self.pop())
            .map(|(message, guard)| ((message.in_flight, message.waited), guard))
            .unzip()
    }
}
