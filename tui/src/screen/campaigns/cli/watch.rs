//! Following a campaign: how far it is, how fast, until when.

use std::process::ExitCode;

use tradepost_common::campaigns::{Campaign, CampaignState};

use super::super::row::in_a_line;
use super::text::in_text;
use crate::cli::{Output, REFUSED, follow};
use crate::client::{Client, Reply};

/// Reads it until it is as wanted.
pub async fn until(client: &Client, campaign: Campaign, is_reached: impl Fn(&Campaign) -> bool) -> Reply<Campaign> {
    follow::until(campaign, is_reached, async |campaign| {
        client.campaign(campaign.id).await
    })
    .await
}

/// Shows how far it is until it is over or wants somebody, and how it went.
pub async fn run(client: &Client, campaign: Campaign, output: Output) -> anyhow::Result<ExitCode> {
    let id = campaign.id;
    let progress = |campaign: &Campaign| campaign.state.is_moving().then(|| in_a_line(campaign));
    let read = async |campaign: &Campaign| client.campaign(campaign.id).await;
    let Some(campaign) = follow::follow(campaign, progress, read).await? else {
        eprintln!("The campaign continues in the daemon: `tradepost campaign show {id} --follow`");
        return Ok(ExitCode::from(REFUSED));
    };
    output.print(&campaign, |styling| in_text(&campaign, styling))?;
    Ok(match campaign.state {
        CampaignState::Paused | CampaignState::Stopped | CampaignState::Aborted | CampaignState::Failed => {
            ExitCode::from(REFUSED)
        }
        _ => ExitCode::SUCCESS,
    })
}
