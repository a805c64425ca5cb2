//! The link to the daemon and the latest values of its event stream.

use std::time::Instant;

use tradepost_common::events::{Event, Revisions};
use tradepost_common::latency::LatencyRow;
use tradepost_common::operations::Operation;
use tradepost_common::overview::Overview;
use tradepost_common::queues::QueueRow;

use super::effect::Link;

/// The state of the link and its age.
#[derive(Debug)]
pub struct LinkState {
    pub link: Link,
    /// Since when the link is up or down.
    pub since: Instant,
    /// The last event of the daemon, whatever it was.
    pub heard_at: Option<Instant>,
}

impl LinkState {
    pub fn new(now: Instant) -> Self {
        Self {
            link: Link::Connecting,
            since: now,
            heard_at: None,
        }
    }

    /// The age of data that has not changed since it was read: as fresh as the last event.
    pub fn confirmed(&self, read_at: Option<Instant>) -> Option<Instant> {
        Some(read_at?.max(self.heard_at?))
    }

    /// Takes over a new state. The time of the first loss counts, not that of the last retry.
    pub(super) fn change(&mut self, link: Link, now: Instant) {
        let is_still_lost = matches!((&self.link, &link), (Link::Lost { .. }, Link::Lost { .. }));
        if !is_still_lost {
            self.since = now;
        }
        self.link = link;
    }
}

/// The latest values of the event stream; they stand still while the screen is frozen.
#[derive(Debug, Default)]
pub struct Live {
    pub overview: Option<Overview>,
    pub queues: Vec<QueueRow>,
    pub latency: Vec<LatencyRow>,
    /// Operations that are not over, newest first.
    pub operations: Vec<Operation>,
    pub revisions: Revisions,
}

impl Live {
    pub(super) fn update(&mut self, event: &Event) {
        match event {
            Event::Overview(overview) => self.overview = Some((**overview).clone()),
            Event::Queues { queues } => self.queues.clone_from(queues),
            Event::Latency { latency } => self.latency.clone_from(latency),
            Event::Operations { operations } => self.operations.clone_from(operations),
            Event::Changed(revisions) => self.revisions = *revisions,
            Event::Snapshot(_) | Event::Tick { .. } => {}
        }
    }
}
