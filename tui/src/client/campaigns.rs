//! Campaigns: planned, turned, looked at.

use reqwest::Method;
use tradepost_common::Page;
use tradepost_common::campaigns::{Campaign, Failure as FailedItem, NewCampaign, Sample};
use tradepost_common::ids::CampaignId;
use tradepost_common::operations::SetRate;

use super::{Client, NOTHING, Reply};
use crate::query::Query;

/// An act on a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Start,
    Pause,
    Resume,
    Abort,
    Swap,
    RollBack,
    Collect,
}

impl Step {
    /// As a person reads it: `roll back`.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::RollBack => "roll back",
            other => other.segment(),
        }
    }

    /// As a person reads it: `swap it`, `roll it back`.
    pub fn done_to(self, what: &str) -> String {
        match self {
            Self::RollBack => format!("roll {what} back"),
            other => format!("{} {what}", other.in_words()),
        }
    }

    /// The last word of the route.
    fn segment(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Swap => "swap",
            Self::RollBack => "rollback",
            Self::Collect => "collect",
        }
    }
}

impl Client {
    /// Plans a campaign; nothing is drawn.
    pub async fn plan_campaign(&self, new: &NewCampaign) -> Reply<Campaign> {
        self.act(Method::POST, "/v1/campaigns", Some(new)).await
    }

    /// Newest first.
    pub async fn campaigns(&self, query: &Query) -> Reply<Page<Campaign>> {
        self.get(&query.append_to("/v1/campaigns")).await
    }

    pub async fn campaign(&self, id: CampaignId) -> Reply<Campaign> {
        self.get(&format!("/v1/campaigns/{id}")).await
    }

    pub async fn step_campaign(&self, id: CampaignId, step: Step) -> Reply<Campaign> {
        let path = format!("/v1/campaigns/{id}/{}", step.segment());
        self.act(Method::POST, &path, NOTHING).await
    }

    /// `None`: as fast as the daemon lets it.
    pub async fn set_campaign_rate(&self, id: CampaignId, rate_per_second: Option<u32>) -> Reply<Campaign> {
        let path = format!("/v1/campaigns/{id}/rate");
        self.act(Method::POST, &path, Some(&SetRate { rate_per_second })).await
    }

    /// The samples of the canary, the worst first.
    pub async fn samples(&self, id: CampaignId, query: &Query) -> Reply<Page<Sample>> {
        self.get(&query.append_to(&format!("/v1/campaigns/{id}/samples"))).await
    }

    /// Items that could not be drawn, by path.
    pub async fn failed_items(&self, id: CampaignId, query: &Query) -> Reply<Page<FailedItem>> {
        self.get(&query.append_to(&format!("/v1/campaigns/{id}/failures")))
            .await
    }
}
