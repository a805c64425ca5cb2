//! One campaign: state and requests.

use std::time::Instant;

use tradepost_common::Page as Rows;
use tradepost_common::campaigns::{Campaign, CampaignState, Failure as SetAside, Sample};
use tradepost_common::ids::CampaignId;

use super::Campaigns;
use super::looking::Looking;
use crate::client::{Client, Reply};
use crate::export;
use crate::fetched::Fetched;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Request, Shell};

/// The list of a campaign that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Samples,
    SetAside,
}

/// One campaign on the screen.
pub struct Detail {
    pub id: CampaignId,
    /// Its revision is the number of the read.
    pub fetched: Fetched<Campaign>,
    pub pane: Pane,
    pub samples: Paged<Sample>,
    pub set_aside: Paged<SetAside>,
    /// The view of the sample under the cursor.
    pub looking: Looking,
}

impl Detail {
    pub fn new(campaign: Campaign, read_at: Option<Instant>) -> Self {
        Self {
            id: campaign.id,
            fetched: Fetched::from_list(campaign, read_at),
            pane: Pane::Samples,
            samples: Paged::new(First::Sorted),
            set_aside: Paged::new(First::Sorted),
            looking: Looking::default(),
        }
    }

    /// The list that keys go to.
    pub fn list(&mut self) -> &mut dyn AnyList {
        match self.pane {
            Pane::Samples => &mut self.samples.list,
            Pane::SetAside => &mut self.set_aside.list,
        }
    }

    pub fn turn_pane(&mut self) {
        self.looking.leave();
        self.pane = match self.pane {
            Pane::Samples => Pane::SetAside,
            Pane::SetAside => Pane::Samples,
        };
    }

    pub fn read(&mut self, count: u64, cx: &mut Shell) {
        if self.fetched.is_wanted(count) {
            cx.read(ReadCampaign(self.id));
        }
        match self.pane {
            Pane::Samples => {
                if let Some(page) = self.samples.wanted(self.samples_revision()) {
                    cx.read(ReadSamples(self.id, page));
                }
            }
            Pane::SetAside => {
                if let Some(page) = self.set_aside.wanted(self.set_aside_revision()) {
                    cx.read(ReadSetAside(self.id, page));
                }
            }
        }
    }

    /// Changes whenever another sample is drawn.
    fn samples_revision(&self) -> u64 {
        let drawn = |c: &Campaign| {
            let of_canary = c.items.saturating_sub(c.left()).min(c.canary.into());
            of_canary.unsigned_abs() * 2 + u64::from(c.state != CampaignState::Canary)
        };
        self.fetched.value.as_ref().map_or(0, drawn)
    }

    fn set_aside_revision(&self) -> u64 {
        self.fetched.value.as_ref().map_or(0, |c| c.failed.unsigned_abs())
    }

    /// It may be out of date.
    pub fn distrust(&mut self) {
        self.fetched.distrust();
        self.samples.distrust();
        self.set_aside.distrust();
    }

    pub fn export(&self) -> Option<String> {
        let samples: Vec<_> = self.samples.list.shown().collect();
        let failures: Vec<_> = self.set_aside.list.shown().collect();
        export::pretty(&serde_json::json!({ "campaign": self.fetched.value, "samples": samples, "failures": failures }))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadCampaign(pub CampaignId);

impl Request for ReadCampaign {
    type Owner = Campaigns;
    type Output = Campaign;

    async fn send(&self, client: &Client) -> Reply<Campaign> {
        client.campaign(self.0).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Campaign>, cx: &mut Shell) {
        if let Some(view) = campaigns.view_of(self.0) {
            view.fetched.answered(reply.clone(), cx.clock);
        }
        if let Ok(campaign) = reply {
            campaigns.paged.list.update(campaign, cx.clock.utc);
        }
    }
}

/// Samples of the canary.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSamples(pub CampaignId, pub PageRequest);

impl Request for ReadSamples {
    type Owner = Campaigns;
    type Output = Rows<Sample>;

    async fn send(&self, client: &Client) -> Reply<Rows<Sample>> {
        client.samples(self.0, &self.1.query()).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Rows<Sample>>, cx: &mut Shell) {
        if let Some(view) = campaigns.view_of(self.0) {
            view.samples.answered(&self.1, reply, cx.clock);
        }
    }
}

/// Items that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSetAside(pub CampaignId, pub PageRequest);

impl Request for ReadSetAside {
    type Owner = Campaigns;
    type Output = Rows<SetAside>;

    async fn send(&self, client: &Client) -> Reply<Rows<SetAside>> {
        client.set_aside(self.0, &self.1.query()).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Rows<SetAside>>, cx: &mut Shell) {
        if let Some(view) = campaigns.view_of(self.0) {
            view.set_aside.answered(&self.1, reply, cx.clock);
        }
    }
}
