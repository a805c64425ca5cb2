//! Reading campaigns again: their rate changes even when nothing else does.

use std::time::{Duration, Instant};

use tradepost_common::Page as Rows;
use tradepost_common::campaigns::Campaign;

use super::{Campaigns, PAGES, list_page};
use crate::client::{Client, Reply};
use crate::paged::PageRequest;
use crate::shell::{Request, Shell};

/// Interval between reads of a campaign that the daemon works on.
const WHILE_MOVING: Duration = Duration::from_secs(1);
/// Interval between reads of campaigns that stand still; events tell of changes.
const AT_REST: Duration = Duration::from_secs(5);

/// The time and number of the last read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Counts the reads: a list is read again at each.
    pub count: u64,
    at: Option<Instant>,
    /// Something changed while another screen was shown: its foot shows the campaigns that are started.
    is_behind: bool,
    /// Revision of operations, campaigns among them.
    revision: u64,
}

impl Reading {
    /// Reads whatever is shown again.
    pub fn again(&mut self, cx: &Shell) {
        self.is_behind = false;
        self.count += 1;
        self.at = Some(cx.clock.instant);
    }

    /// The revision of operations that an event tells. Where no campaign is shown a read now and then is enough.
    pub fn changed(&mut self, revision: u64, cx: &Shell) {
        if std::mem::replace(&mut self.revision, revision) == revision {
            return;
        }
        match PAGES.contains(cx.page) {
            true => self.again(cx),
            false => self.is_behind = true,
        }
    }

    fn is_due(&self, now: Instant, interval: Duration) -> bool {
        // The tick that makes the second is as good as the second.
        let slack = Duration::from_millis(50);
        self.at
            .is_none_or(|at| now.saturating_duration_since(at) + slack >= interval)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadCampaigns(pub PageRequest);

impl Request for ReadCampaigns {
    type Owner = Campaigns;
    type Output = Rows<Campaign>;

    async fn send(&self, client: &Client) -> Reply<Rows<Campaign>> {
        client.campaigns(&self.0.query()).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Rows<Campaign>>, cx: &mut Shell) {
        campaigns.paged.answered(&self.0, reply, cx.clock);
    }
}

impl Campaigns {
    pub fn read_shown(&mut self, cx: &mut Shell) {
        let count = self.reading.count;
        match self.shown_mut(cx.page) {
            Some(view) => view.read(count, cx),
            None => self.read_list(cx),
        }
    }

    fn read_list(&mut self, cx: &mut Shell) {
        if let Some(page) = self.paged.wanted(self.reading.count) {
            cx.read(ReadCampaigns(page));
        }
    }

    /// Once a second: reads again when it is time.
    pub fn read_again(&mut self, cx: &mut Shell) {
        if cx.frozen_since.is_some() || !cx.is_live() {
            return;
        }
        let is_due = |interval| self.reading.is_due(cx.clock.instant, interval);
        if self.interval(cx).is_some_and(is_due) {
            let is_elsewhere = self.reading.is_behind;
            self.reading.again(cx);
            if is_elsewhere {
                self.read_list(cx);
            }
        }
    }

    /// The time between two reads; `None`: there is nothing to be read.
    fn interval(&self, cx: &Shell) -> Option<Duration> {
        let is_moving = |c: &Campaign| c.state.is_moving() || (c.collecting && c.freed_bytes.is_none());
        let moves = match self.shown(cx.page) {
            Some(view) => view.fetched.value.as_ref().is_none_or(is_moving),
            None if cx.page == list_page() => self.paged.list.rows().iter().any(is_moving),
            None => return self.reading.is_behind.then_some(AT_REST),
        };
        Some(if moves { WHILE_MOVING } else { AT_REST })
    }
}
