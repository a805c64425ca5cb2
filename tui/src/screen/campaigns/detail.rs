//! One campaign: state and requests.

use std::time::Instant;

use tradepost_common::Page as Rows;
use tradepost_common::campaigns::{Campaign, CampaignState, Failure as FailedItem, Sample};
use tradepost_common::ids::CampaignId;

use super::Campaigns;
use super::looking::SampleView;
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
    FailedItem,
}

/// One campaign on the screen.
pub struct Detail {
    pub id: CampaignId,
    /// Its revision is the number of the read.
    pub fetched: Fetched<Campaign>,
    pub pane: Pane,
    pub samples: Paged<Sample>,
    pub failed_items: Paged<FailedItem>,
    /// The view of the sample under the cursor.
    pub looking: SampleView,
}

impl Detail {
    pub fn new(campaign: Campaign, read_at: Option<Instant>) -> Self {
        Self {
            id: campaign.id,
            fetched: Fetched::from_list(campaign, read_at),
            pane: Pane::Samples,
            samples: Paged::new(First::Sorted),
            failed_items: Paged::new(First::Sorted),
            looking: SampleView::default(),
        }
    }

    /// The list that keys go to.
    pub fn list(&mut self) -> &mut dyn AnyList {
        match self.pane {
            Pane::Samples => &mut self.samples.list,
            Pane::FailedItem => &mut self.failed_items.list,
        }
    }

    pub fn turn_pane(&mut self) {
        self.looking.leave();
        self.pane = match self.pane {
            Pane::Samples => Pane::FailedItem,
            Pane::FailedItem => Pane::Samples,
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
            Pane::FailedItem => {
                if let Some(page) = self.failed_items.wanted(self.failed_items_revision()) {
                    cx.read(ReadFailedItems(self.id, page));
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

    fn failed_items_revision(&self) -> u64 {
        self.fetched.value.as_ref().map_or(0, |c| c.failed.unsigned_abs())
    }

    /// It may be out of date.
    pub fn invalidate(&mut self) {
        self.fetched.invalidate();
        self.samples.invalidate();
        self.failed_items.invalidate();
    }

    pub fn export(&self) -> Option<String> {
        let samples: Vec<_> = self.samples.list.shown().collect();
        let failures: Vec<_> = self.failed_items.list.shown().collect();
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
pub struct ReadFailedItems(pub CampaignId, pub PageRequest);

impl Request for ReadFailedItems {
    type Owner = Campaigns;
    type Output = Rows<FailedItem>;

    async fn send(&self, client: &Client) -> Reply<Rows<FailedItem>> {
        client.failed_items(self.0, &self.1.query()).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Rows<FailedItem>>, cx: &mut Shell) {
        if let Some(view) = campaigns.view_of(self.0) {
            view.failed_items.answered(&self.1, reply, cx.clock);
        }
    }
}
