//! The keys of the campaigns in words, and which of them make sense now.

use tradepost_common::campaigns::{Campaign, CampaignState};

use super::facts;
use crate::client::CampaignStep;
use crate::format;
use crate::shell::Hint;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::campaigns::{CampaignKey, makes_sense};
use crate::state::screen;
use crate::state::screen::Screen;

/// Keys for the last line of the screen: those that act only where they make sense now.
pub fn hints(app: &Legacy, cx: &Shell) -> Vec<Hint> {
    let mut hints: Vec<Hint> = match screen(cx) {
        Screen::Campaigns => vec![("Enter", "open"), ("+", "plan")],
        _ if app.campaigns.view.as_ref().is_some_and(|v| v.sample().is_some()) => {
            vec![("n N", "next"), ("f", "one alone"), ("z Z", "zoom")]
        }
        _ => vec![("Enter", "compare"), ("Tab", "set aside")],
    };
    if let Some(campaign) = app.meant_campaign(cx) {
        let is_new = campaign.state == CampaignState::Planned;
        let acts = ACTS.iter().filter(|(key, _)| makes_sense(campaign, *key));
        hints.extend(acts.map(|(key, hint)| match key {
            CampaignKey::Go if is_new => ("R", "start"),
            _ => *hint,
        }));
    }
    if cx.armed_until.is_none() {
        hints.push(("W", "arm writing"));
    }
    hints.push(("?", "help"));
    hints.push(match screen(cx) {
        Screen::Campaigns => ("Tab", "operations"),
        _ => ("Esc", "back"),
    });
    hints.push(("q", "quit"));
    hints
}

static ACTS: [(CampaignKey, Hint); 7] = [
    (CampaignKey::Go, ("R", "go on")),
    (CampaignKey::Turn, ("P", "pause/resume")),
    (CampaignKey::Swap, ("E", "swap")),
    (CampaignKey::RollBack, ("U", "roll back")),
    (CampaignKey::Abort, ("X", "abort")),
    (CampaignKey::Rate, ("C", "rate")),
    (CampaignKey::Collect, ("D", "free")),
];

/// For help.
pub static HELP: &[Hint] = &[
    ("Enter", "the campaign; on a sample: old, new, difference"),
    ("n N ] [", "next, previous sample, the worst first"),
    ("f", "three side by side, or old, new, difference alone"),
    ("z Z + _", "zoom in, out; arrows move"),
    ("B", "background checker, light, dark"),
    ("Tab", "samples or failures; on the list: operations"),
    ("R", "start; after the canary: go on with all; y does it"),
    ("P", "pause or resume"),
    ("E", "swap: everybody sees the new pictures at once; y"),
    ("U", "roll back: everybody sees what was before; y"),
    ("X", "abort: nothing of it was or will be seen; y"),
    ("D", "free what is not needed any more; y: no way back"),
    ("C", "another rate; empty: no limit"),
    ("+", "on the list: plan one; nothing is drawn by that"),
];

/// The acts that are possible now, and their keys.
pub fn next(campaign: &Campaign) -> String {
    let canary = format::count(campaign.canary.into());
    match campaign.state {
        CampaignState::Planning => "its items are being counted; nothing is drawn".to_owned(),
        CampaignState::Planned if campaign.items == 0 => NOTHING_TO_DRAW.to_owned(),
        CampaignState::Planned if campaign.canary == 0 => "R starts it, without a canary".to_owned(),
        CampaignState::Planned => format!("R starts it: {canary} items first, then somebody looks"),
        CampaignState::Canary => "the first few are drawn; nothing of it is visible".to_owned(),
        CampaignState::Waiting => "look at the samples (Enter), then R goes on, or X aborts".to_owned(),
        CampaignState::Running => "nothing of it is visible yet; P pauses, X aborts".to_owned(),
        CampaignState::Paused => "P goes on, X aborts".to_owned(),
        CampaignState::Stopped => "look at what failed (Tab), then R goes on, or X aborts".to_owned(),
        CampaignState::Rendered => "all is drawn and nothing visible: E swaps it in, X aborts".to_owned(),
        _ => ended(campaign),
    }
}

fn ended(campaign: &Campaign) -> String {
    if let Some(freed) = campaign.freed_bytes {
        return format!("collected: {} freed; there is no way back", format::bytes(freed));
    }
    if campaign.collecting {
        return "what is not needed any more is being freed".to_owned();
    }
    let at = campaign.collect_at.map(|at| format!("{} UTC", format::stamp(at)));
    match (campaign.state, at) {
        (CampaignState::Swapped, Some(at)) => {
            format!("everybody sees it; U rolls it back until {at}")
        }
        (CampaignState::Swapped, None) => "everybody sees it; U rolls it back".to_owned(),
        (CampaignState::RolledBack, _) => {
            "what was before is seen; E swaps it in again, D frees what it drew".to_owned()
        }
        (_, Some(at)) => format!("what it drew is freed by itself at {at}, by D now"),
        (_, None) => "D frees what it drew".to_owned(),
    }
}

/// Of a plan without items.
pub const NOTHING_TO_DRAW: &str = "there is nothing to draw: no item of that scope needs it";

/// Below what is typed for a plan.
pub const PLAN_HINT: &str = "why; before it --kind icon --account acme --limit 100 … · Enter plans · Esc: no";

/// The question before an act that others see, that costs much, or that cannot be undone.
pub fn question(step: CampaignStep, campaign: Option<&Campaign>) -> String {
    let items = campaign.map_or(String::new(), |c| format::plural(c.items, "item", "items"));
    match (step, campaign) {
        (CampaignStep::Start, Some(campaign)) => {
            let cpu = facts::cpu_in_words(campaign.estimate.cpu_hours * 3600.0);
            let cost = facts::cost_in_words(&campaign.estimate).map_or(String::new(), |c| format!(", {c}"));
            let first = match campaign.canary {
                0 => "all at once, without a canary".to_owned(),
                n => format!("{} first", format::count(n.into())),
            };
            format!("Start it? {items}, {cpu}{cost}; {first}.")
        }
        (CampaignStep::Swap, Some(campaign)) => {
            let drawn = format::plural(campaign.done, "item", "items");
            format!("SWAP: everybody sees the new pictures of {drawn} at once?")
        }
        (CampaignStep::RollBack, _) => {
            format!("ROLL BACK: everybody sees what was before, of {items}, at once?")
        }
        (CampaignStep::Abort, Some(campaign)) => {
            let drawn = format::plural(campaign.done, "item", "items");
            format!("ABORT: throw away what was drawn of {drawn}?")
        }
        (CampaignStep::Collect, Some(campaign)) if campaign.state == CampaignState::Swapped => {
            "FREE the pictures from before? It can not be rolled back after that.".to_owned()
        }
        (CampaignStep::Collect, _) => "FREE what it drew? It can not be swapped in after that.".to_owned(),
        (CampaignStep::Resume, Some(campaign)) if campaign.state == CampaignState::Waiting => {
            format!("Is the canary good? Go on with all {items}?")
        }
        (CampaignStep::Resume, _) => "It stopped by itself. Go on all the same?".to_owned(),
        (step, _) => format!("{}?", step.done_to("the campaign")),
    }
}
