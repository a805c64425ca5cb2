//! Campaigns, without a terminal and without a daemon.

mod acting;
mod data;
mod looking;
mod pages;
mod planning;
mod samples;

use std::time::Duration;

use crossterm::event::KeyCode;
use tradepost_common::campaigns::CampaignState;
use tradepost_common::events::Event;

use super::acts::{SetRate, TakeStep};
use super::detail::{ReadCampaign, ReadFailedItems, ReadSamples};
use super::plan::PlanCampaign;
use super::reading::ReadCampaigns;
use super::*;
use crate::client::{CampaignStep as Step, Failure};
use crate::screen::testing::{lines, refusal, screen};
use crate::shell::{App, Confirm, Effect, Link, Update};
use data::{app_in_campaign, app_with_campaigns, campaign, campaign_id, failed_items, first_page, rows, sample};

const ALL: [CampaignState; 5] = [
    CampaignState::Planned,
    CampaignState::Running,
    CampaignState::Stopped,
    CampaignState::Rendered,
    CampaignState::Swapped,
];

fn armed(state: CampaignState) -> App {
    let mut app = app_in_campaign(state);
    app.act(Action::Arm);
    app
}

fn key(app: &mut App, key: char) {
    app.act(Action::Letter(key));
}

/// The campaign on the screen.
fn shown(app: &mut App) -> &mut Detail {
    app.screens.get::<Campaigns>().view.as_mut().unwrap()
}

fn is_asked(app: &App) -> bool {
    app.shell.prompt_is::<Confirm<Campaigns>>()
}

/// A later state of the campaign arrives.
fn becomes(app: &mut App, campaign: Campaign) {
    app.answer(ReadCampaign(campaign.id), Ok(campaign));
}

/// An event says that operations changed.
fn hear_of_change(app: &mut App) {
    let mut revisions = app.shell.live.revisions;
    revisions.operations += 1;
    app.update(Update::Event(Event::Changed(revisions)));
}

fn lose_link(app: &mut App) {
    let (why, retry) = ("connection refused".to_owned(), Duration::from_millis(500));
    app.update(Update::Link(Link::Lost { why, retry }));
}

fn gone() -> Failure {
    Failure::Unreachable("gone".to_owned())
}
