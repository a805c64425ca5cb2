//! Following a campaign: how far it is, how fast, until when; leaving does not stop it.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use tradepost_common::campaigns::{Campaign, CampaignState};

use super::super::row::in_a_line;
use super::text::in_text;
use crate::cli::Output;
use crate::cli::REFUSED;
use crate::client::Client;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The first looks come sooner: a small plan or canary takes no time.
const FIRST_LOOK: Duration = Duration::from_millis(50);

/// Looks at it until it is as it is wanted.
pub async fn until(
    client: &Client,
    mut campaign: Campaign,
    is_reached: impl Fn(&Campaign) -> bool,
) -> anyhow::Result<Campaign> {
    let mut wait = FIRST_LOOK;
    while !is_reached(&campaign) {
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LOOK_EVERY);
        campaign = client.campaign(campaign.id).await?;
    }
    Ok(campaign)
}

/// Shows how far it is until it is over or wants somebody, and how it went.
pub async fn run(client: &Client, mut campaign: Campaign, output: Output) -> anyhow::Result<ExitCode> {
    let is_live = std::io::stderr().is_terminal();
    let mut shown = String::new();
    let mut wait = FIRST_LOOK;
    while campaign.state.is_moving() {
        let line = crate::text::clean(&in_a_line(&campaign)).into_owned();
        if is_live {
            eprint!("\r\x1b[2K{line}");
            std::io::stderr().flush()?;
        } else if line != shown {
            eprintln!("{line}");
        }
        shown = line;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = tokio::signal::ctrl_c() => {
                eprintln!("\nit goes on in the daemon: `tradepost campaign show {} --follow`", campaign.id);
                return Ok(ExitCode::from(REFUSED));
            }
        }
        wait = (wait * 2).min(LOOK_EVERY);
        campaign = client.campaign(campaign.id).await?;
    }
    if is_live {
        eprint!("\r\x1b[2K");
    }
    output.print(&campaign, |styling| in_text(&campaign, styling))?;
    Ok(match campaign.state {
        CampaignState::Paused | CampaignState::Stopped | CampaignState::Aborted | CampaignState::Failed => {
            ExitCode::from(REFUSED)
        }
        _ => ExitCode::SUCCESS,
    })
}
