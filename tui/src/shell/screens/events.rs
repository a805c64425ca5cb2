//! Events of the daemon, kept back while the screen is frozen.

use tradepost_common::events::{Event, Snapshot};

use super::Screens;
use crate::shell::Shell;

impl Screens {
    pub(super) fn freeze(&mut self, cx: &mut Shell) {
        if cx.frozen_since.take().is_none() {
            cx.frozen_since = Some(cx.clock.utc);
            return;
        }
        for event in std::mem::take(&mut self.held) {
            self.change(event, cx);
        }
    }

    pub fn event(&mut self, event: Event, cx: &mut Shell) {
        cx.link.heard_at = Some(cx.clock.instant);
        match event {
            Event::Snapshot(snapshot) => self.snapshot(*snapshot, cx),
            change => self.change(change, cx),
        }
    }

    fn snapshot(&mut self, snapshot: Snapshot, cx: &mut Shell) {
        cx.you = Some(snapshot.you);
        for change in [
            Event::Overview(Box::new(snapshot.overview)),
            Event::Queues {
                queues: snapshot.queues,
            },
            Event::Latency {
                latency: snapshot.latency,
            },
            Event::Operations {
                operations: snapshot.operations,
            },
            Event::Changed(snapshot.revisions),
        ] {
            self.change(change, cx);
        }
        for screen in &mut self.all {
            screen.reconnected(cx);
        }
    }

    /// A frozen screen stands still: of each kind of event the latest is kept.
    fn change(&mut self, event: Event, cx: &mut Shell) {
        if cx.frozen_since.is_some() {
            let kind = std::mem::discriminant(&event);
            self.held.retain(|held| std::mem::discriminant(held) != kind);
            return self.held.push(event);
        }
        cx.live.update(&event);
        for screen in &mut self.all {
            screen.event(&event, cx);
        }
    }
}
