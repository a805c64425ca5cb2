//! Campaigns: the list, one of them, what its canary drew and what it could not draw.

mod act;
pub mod look;
mod plan;

pub use act::{CampaignKey, makes_sense};
pub use look::{LookKey, Looking, picture_of};

use super::screen;
use crate::shell::{Destination, Shell};
use std::time::{Duration, Instant};

use tradepost_common::Page;
use tradepost_common::campaigns::{Campaign, CampaignState, Failure as SetAside, Sample};
use tradepost_common::ids::CampaignId;

use super::Legacy;
use super::screen::Screen;
use crate::client::Reply;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::state::message::Read;
use crate::theme::Tone;

/// Between two looks at what the daemon is at: the rate changes even when nothing else does.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at what stands still; events tell when it moves.
const LOOK_SELDOM: Duration = Duration::from_secs(5);

/// The campaigns of screen 4.
pub struct Campaigns {
    pub paged: Paged<Campaign>,
    pub view: Option<CampaignView>,
    /// Counts the looks: a list is read again at each.
    beat: u64,
    beat_at: Option<Instant>,
    /// Something changed while other screens were shown: what runs is at their foot.
    news: bool,
}

impl Default for Campaigns {
    fn default() -> Self {
        Self {
            paged: Paged::new(First::Newest),
            view: None,
            beat: 0,
            beat_at: None,
            news: false,
        }
    }
}

/// The list of a campaign that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignPane {
    Samples,
    SetAside,
}

/// One campaign on the screen.
pub struct CampaignView {
    pub id: CampaignId,
    pub campaign: Option<Campaign>,
    pub error: Option<String>,
    loading: bool,
    asked_beat: u64,
    pub read_at: Option<Instant>,
    pub pane: CampaignPane,
    pub samples: Paged<Sample>,
    pub set_aside: Paged<SetAside>,
    /// The view of the sample under the cursor.
    pub looking: Looking,
}

impl CampaignView {
    fn new(id: CampaignId, campaign: Option<Campaign>, read_at: Option<Instant>) -> Self {
        Self {
            id,
            read_at,
            campaign,
            error: None,
            loading: false,
            asked_beat: u64::MAX,
            pane: CampaignPane::Samples,
            samples: Paged::new(First::Sorted),
            set_aside: Paged::new(First::Sorted),
            looking: Looking::default(),
        }
    }

    /// Changes whenever another sample is drawn.
    fn samples_revision(&self) -> u64 {
        let drawn = |c: &Campaign| {
            let of_canary = c.items.saturating_sub(c.left()).min(c.canary.into());
            of_canary.unsigned_abs() * 2 + u64::from(!matches!(c.state, CampaignState::Canary))
        };
        self.campaign.as_ref().map_or(0, drawn)
    }

    fn set_aside_revision(&self) -> u64 {
        self.campaign.as_ref().map_or(0, |c| c.failed.unsigned_abs())
    }

    /// The list that keys go to.
    pub fn list(&mut self) -> &mut dyn AnyList {
        match self.pane {
            CampaignPane::Samples => &mut self.samples.list,
            CampaignPane::SetAside => &mut self.set_aside.list,
        }
    }
}

impl Legacy {
    /// Once a second: whether it is time to look again.
    pub fn look_at_campaigns(&mut self, cx: &mut Shell) {
        if cx.frozen_since.is_some() || !cx.is_live() {
            return;
        }
        let campaigns = &self.campaigns;
        let is_moving = |c: &Campaign| c.state.is_moving() || (c.collecting && c.freed_bytes.is_none());
        let every = match (screen(cx), &campaigns.view) {
            (Screen::Campaign, Some(view)) if view.campaign.as_ref().is_none_or(is_moving) => LOOK_EVERY,
            (Screen::Campaigns, _) if campaigns.paged.list.rows().iter().any(is_moving) => LOOK_EVERY,
            (Screen::Campaigns | Screen::Campaign, _) => LOOK_SELDOM,
            _ if campaigns.news => LOOK_SELDOM,
            _ => return,
        };
        let now = cx.clock.instant;
        // The tick that makes the second is as good as the second.
        let slack = Duration::from_millis(50);
        let is_due = |at: Instant| now.saturating_duration_since(at) + slack >= every;
        if campaigns.beat_at.is_none_or(is_due) {
            let is_elsewhere = campaigns.news;
            self.beat_campaigns(cx);
            if is_elsewhere {
                let ask = self.campaigns.paged.wanted(self.campaigns.beat);
                if let Some(ask) = ask {
                    cx.read(Read::Campaigns(ask));
                }
            }
        }
    }

    /// The daemon says that long work changed. Where it is not shown a look now and then is enough.
    pub fn campaigns_changed(&mut self, cx: &mut Shell) {
        if matches!(screen(cx), Screen::Campaigns | Screen::Campaign) {
            self.beat_campaigns(cx);
        } else {
            self.campaigns.news = true;
        }
    }

    /// Reads the data on the screen again.
    pub fn beat_campaigns(&mut self, cx: &mut Shell) {
        self.campaigns.news = false;
        self.campaigns.beat += 1;
        self.campaigns.beat_at = Some(cx.clock.instant);
    }

    pub fn campaigns_wanted(&mut self, cx: &mut Shell) -> Vec<Read> {
        let beat = self.campaigns.beat;
        match screen(cx) {
            Screen::Campaigns => {
                let wanted = self.campaigns.paged.wanted(beat);
                wanted.map(Read::Campaigns).into_iter().collect()
            }
            Screen::Campaign => self
                .campaigns
                .view
                .as_mut()
                .map_or_else(Vec::new, |view| view_wants(view, beat)),
            _ => Vec::new(),
        }
    }

    pub fn distrust_campaigns(&mut self) {
        self.campaigns.paged.distrust();
        if let Some(view) = &mut self.campaigns.view {
            view.asked_beat = u64::MAX;
            view.samples.distrust();
            view.set_aside.distrust();
        }
    }

    pub fn campaigns_arrived(&mut self, cx: &mut Shell, ask: &PageRequest, reply: Reply<Page<Campaign>>) {
        match reply {
            Ok(page) => self.campaigns.paged.arrived(ask, page, cx.clock),
            Err(e) => self.campaigns.paged.failed(e.to_string(), cx.clock),
        }
    }

    pub fn campaign_arrived(&mut self, cx: &mut Shell, id: CampaignId, reply: Reply<Campaign>) {
        if let Some(view) = self.campaigns.view.as_mut().filter(|v| v.id == id) {
            view.loading = false;
            view.error = reply.as_ref().err().map(ToString::to_string);
        }
        if let Ok(campaign) = reply {
            self.show_campaign(cx, &campaign);
        }
    }

    /// The newer word on a campaign, wherever it is shown.
    pub fn show_campaign(&mut self, cx: &mut Shell, campaign: &Campaign) {
        self.campaigns.paged.list.update(campaign.clone(), cx.clock.utc);
        if let Some(view) = self.campaigns.view.as_mut().filter(|v| v.id == campaign.id) {
            view.campaign = Some(campaign.clone());
            view.read_at = Some(cx.clock.instant);
            view.error = None;
        }
    }

    pub fn samples_arrived(&mut self, cx: &mut Shell, id: CampaignId, ask: &PageRequest, reply: Reply<Page<Sample>>) {
        let clock = cx.clock;
        if let Some(view) = self.campaigns.view.as_mut().filter(|v| v.id == id) {
            match reply {
                Ok(page) => view.samples.arrived(ask, page, clock),
                Err(e) => view.samples.failed(e.to_string(), clock),
            }
        }
    }

    pub fn set_aside_arrived(
        &mut self,
        cx: &mut Shell,
        id: CampaignId,
        ask: &PageRequest,
        reply: Reply<Page<SetAside>>,
    ) {
        let clock = cx.clock;
        if let Some(view) = self.campaigns.view.as_mut().filter(|v| v.id == id) {
            match reply {
                Ok(page) => view.set_aside.arrived(ask, page, clock),
                Err(e) => view.set_aside.failed(e.to_string(), clock),
            }
        }
    }

    pub fn open_campaign(&mut self, cx: &mut Shell) {
        if let Some(campaign) = self.campaigns.paged.list.selected().cloned() {
            let read_at = self.campaigns.paged.read_at;
            self.open_campaign_of(cx, campaign.id, Some(campaign), read_at);
        }
    }

    fn open_campaign_of(
        &mut self,
        cx: &mut Shell,
        id: CampaignId,
        campaign: Option<Campaign>,
        read_at: Option<Instant>,
    ) {
        if self.campaigns.view.as_ref().is_none_or(|v| v.id != id) {
            self.campaigns.view = Some(CampaignView::new(id, campaign, read_at));
        }
        cx.go(Screen::Campaign.page());
    }

    /// Tab: from the samples of a campaign to what it could not draw and back.
    pub fn other_campaign_pane(&mut self) {
        if let Some(view) = &mut self.campaigns.view {
            view.looking.leave();
            view.pane = match view.pane {
                CampaignPane::Samples => CampaignPane::SetAside,
                CampaignPane::SetAside => CampaignPane::Samples,
            };
        }
    }

    /// Enter in a campaign: the sample as three pictures, or the upload of what could not be drawn.
    pub fn open_in_campaign(&mut self, cx: &mut Shell) {
        let Some(view) = &mut self.campaigns.view else {
            return;
        };
        match view.pane {
            CampaignPane::Samples if view.samples.list.selected().is_some() => view.looking.turn(),
            CampaignPane::Samples => cx.say(Tone::Dim, "no sample yet: the canary draws them"),
            CampaignPane::SetAside => {
                if let Some(id) = view.set_aside.list.selected().map(|f| f.upload_id) {
                    cx.open(Destination::Upload(id));
                }
            }
        }
    }
}

fn view_wants(view: &mut CampaignView, beat: u64) -> Vec<Read> {
    let mut reads = Vec::new();
    let id = view.id;
    if !view.loading && view.asked_beat != beat {
        view.loading = true;
        view.asked_beat = beat;
        reads.push(Read::Campaign(id));
    }
    match view.pane {
        CampaignPane::Samples => {
            let page = view.samples.wanted(view.samples_revision());
            reads.extend(page.map(|page| Read::Samples(id, page)));
        }
        CampaignPane::SetAside => {
            let page = view.set_aside.wanted(view.set_aside_revision());
            reads.extend(page.map(|page| Read::SetAside(id, page)));
        }
    }
    reads
}
