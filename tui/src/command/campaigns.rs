//! `tradepost campaign`: draw anew what the catalogue has, look at it, swap it in.

mod text;
mod watch;

use std::process::ExitCode;

use tradepost_common::campaigns::{Campaign, CampaignState, NewCampaign};
use tradepost_common::ids::CampaignId;

use crate::args::{CampaignCommand, Follow};
use crate::cli::confirm;
use crate::cli::{self, Output};
use crate::cli::{NOT_CONFIRMED, REFUSED};
use crate::client::{CampaignStep, Client};
use crate::plain;
use crate::query::Query;
use crate::state::campaigns::makes_sense;
use crate::view::campaigns::{facts, keys, state, state_in_words};
use text::in_text;

pub async fn run(client: &Client, act: Option<CampaignCommand>, output: Output) -> anyhow::Result<ExitCode> {
    match act.unwrap_or(CampaignCommand::List { limit: 100 }) {
        CampaignCommand::Plan(asked) => return plan(client, &asked.new_campaign(), output).await,
        CampaignCommand::Start { id, follow } => {
            return step(client, id, CampaignStep::Start, follow, output).await;
        }
        CampaignCommand::Resume { id, follow } => {
            return step(client, id, CampaignStep::Resume, follow, output).await;
        }
        CampaignCommand::Pause { id } => {
            let follow = Follow { follow: false };
            return step(client, id, CampaignStep::Pause, follow, output).await;
        }
        CampaignCommand::Abort { id, yes } => {
            return risky(client, id, CampaignStep::Abort, yes, output).await;
        }
        CampaignCommand::Swap { id, yes } => {
            return risky(client, id, CampaignStep::Swap, yes, output).await;
        }
        CampaignCommand::Rollback { id, yes } => {
            return risky(client, id, CampaignStep::RollBack, yes, output).await;
        }
        CampaignCommand::Collect { id, yes } => {
            return risky(client, id, CampaignStep::Collect, yes, output).await;
        }
        CampaignCommand::Show { id, follow } => {
            let campaign = client.campaign(id).await?;
            if follow.follow {
                return watch::run(client, campaign, output).await;
            }
            output.print(&campaign, |styling| in_text(&campaign, styling))?;
        }
        CampaignCommand::List { limit } => {
            let page = cli::collect(limit, Query::default(), async |query| client.campaigns(&query).await).await?;
            output.print_rows(&page, &page.rows)?;
        }
        CampaignCommand::Samples { id, limit } => {
            let page = cli::collect(limit, Query::default(), async |query| client.samples(id, &query).await).await?;
            output.print_rows(&page, &page.rows)?;
        }
        CampaignCommand::Failures { id, limit } => {
            let page = cli::collect(limit, Query::default(), async |query| {
                client.set_aside(id, &query).await
            })
            .await?;
            output.print_rows(&page, &page.rows)?;
        }
        CampaignCommand::Rate { id, rate } => {
            let campaign = client.set_campaign_rate(id, rate.0).await?;
            output.print(&campaign, |_| format!("{}\n", facts::pace_in_words(&campaign)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Plans, and shows the plan. Whoever gives up while the items are counted leaves no plan behind.
async fn plan(client: &Client, new: &NewCampaign, output: Output) -> anyhow::Result<ExitCode> {
    let first = client.plan_campaign(new).await?;
    let id = first.id;
    let planned = tokio::select! {
        planned = watch::until(client, first, |campaign| campaign.state != CampaignState::Planning) => planned?,
        _ = tokio::signal::ctrl_c() => {
            client.step_campaign(id, CampaignStep::Abort).await?;
            eprintln!("tradepost: the plan is aborted");
            return Ok(ExitCode::from(NOT_CONFIRMED));
        }
    };
    output.print(&planned, |styling| in_text(&planned, styling))?;
    Ok(if planned.state == CampaignState::Planned {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(REFUSED)
    })
}

async fn step(
    client: &Client,
    id: CampaignId,
    step: CampaignStep,
    follow: Follow,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let campaign = client.step_campaign(id, step).await?;
    if follow.follow {
        return watch::run(client, campaign, output).await;
    }
    print_short(&campaign, output)?;
    Ok(ExitCode::SUCCESS)
}

/// Acts that others see, or that cannot be undone, ask first; the campaign is shown before.
async fn risky(
    client: &Client,
    id: CampaignId,
    step: CampaignStep,
    yes: bool,
    output: Output,
) -> anyhow::Result<ExitCode> {
    if !yes {
        let campaign = client.campaign(id).await?;
        if !makes_sense(&campaign, step.into()) {
            let state = state_in_words(campaign.state);
            eprintln!("tradepost: cannot {}: the campaign is {state}", step.done_to("it"));
            return Ok(ExitCode::from(REFUSED));
        }
        if !confirmed(&campaign, step).await? {
            eprintln!(
                "tradepost: nothing was done: pass --yes to {} without a question",
                step.done_to("it")
            );
            return Ok(ExitCode::from(NOT_CONFIRMED));
        }
    }
    print_short(&client.step_campaign(id, step).await?, output)?;
    Ok(ExitCode::SUCCESS)
}

async fn confirmed(campaign: &Campaign, step: CampaignStep) -> anyhow::Result<bool> {
    if !confirm::can_ask() {
        return Ok(false);
    }
    eprintln!("{}", in_text(campaign, plain::Styling::Plain));
    let question = crate::text::clean(&keys::question(step, Some(campaign))).into_owned();
    confirm::ask(&format!("{question} [y/N]"), "y").await
}

/// `stale icons is running`, and how to go on.
fn print_short(campaign: &Campaign, output: Output) -> anyhow::Result<()> {
    output.print(campaign, |styling| {
        let mut out = format!(
            "{} is {}\n",
            crate::text::clean(&campaign.what),
            plain::paint(state_in_words(campaign.state), state(campaign.state).tone, styling)
        );
        for line in text::next(campaign) {
            out.push_str(&format!("{line}\n"));
        }
        out
    })
}
