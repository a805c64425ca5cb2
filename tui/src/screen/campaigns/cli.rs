//! `tradepost campaign`.

mod args;
mod text;
mod watch;

use std::process::ExitCode;

use clap::Args;
use tradepost_common::campaigns::{Campaign, CampaignState, NewCampaign};

use super::acts::is_possible;
use super::row::{state, state_in_words};
use super::words;
use crate::cli::{self, NOT_CONFIRMED, Output, REFUSED, Twin, confirm};
use crate::client::{CampaignStep as Step, Client};
use crate::plain;
use crate::query::Query;
use args::{CampaignCommand as Command, ConfirmArgs, FollowArgs};
use text::in_text;

/// Campaigns: render the catalogue again, review the samples, swap in.
#[derive(Debug, Args)]
pub struct CampaignArgs {
    #[command(subcommand)]
    act: Option<Command>,
}

impl Twin for CampaignArgs {
    const NAME: &'static str = "campaign";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let all = Query::default;
        match self.act.unwrap_or(Command::List { limit: 100 }) {
            Command::Plan(asked) => return plan(client, &asked.new_campaign(), output).await,
            Command::Start(of) => return step(client, of, Step::Start, output).await,
            Command::Resume(of) => return step(client, of, Step::Resume, output).await,
            Command::Pause { id } => {
                let of = FollowArgs { id, follow: false };
                return step(client, of, Step::Pause, output).await;
            }
            Command::Abort(of) => return asked(client, of, Step::Abort, output).await,
            Command::Swap(of) => return asked(client, of, Step::Swap, output).await,
            Command::Rollback(of) => return asked(client, of, Step::RollBack, output).await,
            Command::Collect(of) => return asked(client, of, Step::Collect, output).await,
            Command::Show(FollowArgs { id, follow }) => {
                let campaign = client.campaign(id.resolve(client).await?).await?;
                if follow {
                    return watch::run(client, campaign, output).await;
                }
                output.print(&campaign, |styling| in_text(&campaign, styling))?;
            }
            Command::List { limit } => {
                let page = cli::collect(limit, all(), async |query| client.campaigns(&query).await).await?;
                output.print_rows(&page, &page.rows)?;
            }
            Command::Samples(of) => {
                let id = of.id.resolve(client).await?;
                let page = cli::collect(of.limit, all(), async |query| client.samples(id, &query).await).await?;
                output.print_rows(&page, &page.rows)?;
            }
            Command::Failures(of) => {
                let id = of.id.resolve(client).await?;
                let page = cli::collect(of.limit, all(), async |query| client.failed_items(id, &query).await).await?;
                output.print_rows(&page, &page.rows)?;
            }
            Command::Rate { id, rate } => {
                let campaign = client.set_campaign_rate(id.resolve(client).await?, rate.0).await?;
                output.print(&campaign, |_| format!("{}\n", words::pace(&campaign)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Plans, and shows the plan. Whoever gives up while the items are counted leaves no plan behind.
async fn plan(client: &Client, new: &NewCampaign, output: Output) -> anyhow::Result<ExitCode> {
    let first = client.plan_campaign(new).await?;
    let id = first.id;
    let planned = tokio::select! {
        planned = watch::until(client, first, |campaign| campaign.state != CampaignState::Planning) => planned?,
        _ = tokio::signal::ctrl_c() => {
            client.step_campaign(id, Step::Abort).await?;
            eprintln!("tradepost: the plan was aborted");
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

async fn step(client: &Client, of: FollowArgs, step: Step, output: Output) -> anyhow::Result<ExitCode> {
    let campaign = client.step_campaign(of.id.resolve(client).await?, step).await?;
    if of.follow {
        return watch::run(client, campaign, output).await;
    }
    print_short(&campaign, output)?;
    Ok(ExitCode::SUCCESS)
}

/// Acts that others see, or that cannot be undone, ask first; the campaign is shown before.
async fn asked(client: &Client, of: ConfirmArgs, step: Step, output: Output) -> anyhow::Result<ExitCode> {
    let id = of.id.resolve(client).await?;
    if !of.yes {
        let campaign = client.campaign(id).await?;
        if !is_possible(step, &campaign) {
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

async fn confirmed(campaign: &Campaign, step: Step) -> anyhow::Result<bool> {
    if !confirm::can_ask() {
        return Ok(false);
    }
    eprintln!("{}", in_text(campaign, plain::Styling::Plain));
    let question = crate::text::clean(&words::question(step, campaign)).into_owned();
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
