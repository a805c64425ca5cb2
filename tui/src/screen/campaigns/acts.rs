//! Keys that act on a campaign. Whatever others would see, or cannot be taken back, is asked about first.

use tradepost_common::campaigns::{Campaign, CampaignState};
use tradepost_common::ids::CampaignId;
use tradepost_common::overview::Role;

use super::{Campaigns, row, words};
use crate::client::{CampaignStep as Step, Client, MAX_RATE, Reply};
use crate::format;
use crate::input::{parse_number, parse_optional};
use crate::shell::{Confirm, Entry, Hint, LinePrompt, Request, Shell};
use crate::theme::Tone;

/// A key and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    hint: Hint,
    /// In the palette.
    words: &'static str,
}

/// In the order of the hints.
static ACTS: [Act; 7] = [
    act("R", "resume", "start or resume the campaign"),
    act("P", "pause/resume", "pause or resume the campaign"),
    act("E", "swap", "swap in the campaign"),
    act("U", "roll back", "roll back the campaign"),
    act("X", "abort", "abort the campaign"),
    act("C", "rate", "change the rate of the campaign"),
    act("D", "collect", "collect unused renditions of the campaign"),
];

const fn act(key: &'static str, meaning: &'static str, words: &'static str) -> Act {
    let hint = (key, meaning);
    Act { hint, words }
}

pub fn with_key(key: char) -> Option<Act> {
    ACTS.into_iter().find(|act| act.hint.0.starts_with(key))
}

/// The keys that act in the present state.
pub fn hints(campaign: &Campaign) -> impl Iterator<Item = Hint> {
    let possible = ACTS.iter().filter(|act| act.is_possible(campaign));
    possible.map(|act| match act.hint {
        ("R", _) if campaign.state == CampaignState::Planned => ("R", "start"),
        hint => hint,
    })
}

pub fn entries() -> impl Iterator<Item = Entry> {
    let entry = |act: Act| {
        let (key, _) = act.hint;
        Entry::new(act.words, key, move |campaigns: &mut Campaigns, cx| {
            campaigns.act_on(act, cx);
        })
    };
    ACTS.into_iter().map(entry)
}

impl Act {
    /// The step in the present state; `None` for the rate, which is no step.
    fn step(self, campaign: &Campaign) -> Option<Step> {
        Some(match (self.hint.0, campaign.state) {
            ("P" | "R", CampaignState::Paused) => Step::Resume,
            ("P", _) => Step::Pause,
            ("R", CampaignState::Planned) => Step::Start,
            ("R", _) => Step::Resume,
            ("E", _) => Step::Swap,
            ("U", _) => Step::RollBack,
            ("X", _) => Step::Abort,
            ("D", _) => Step::Collect,
            _ => return None,
        })
    }

    fn is_possible(self, campaign: &Campaign) -> bool {
        match self.step(campaign) {
            Some(step) => is_possible(step, campaign),
            None => !campaign.state.is_over(),
        }
    }
}

/// The step makes sense in the present state; the daemon decides in the end.
pub fn is_possible(step: Step, campaign: &Campaign) -> bool {
    use CampaignState as State;
    let state = campaign.state;
    let is_freed = campaign.collecting || campaign.freed_bytes.is_some();
    match step {
        Step::Start => state == State::Planned && campaign.items > 0,
        Step::Pause => matches!(state, State::Canary | State::Running),
        Step::Resume => matches!(state, State::Waiting | State::Paused | State::Stopped),
        Step::Swap => matches!(state, State::Rendered | State::RolledBack) && !is_freed,
        Step::RollBack => state == State::Swapped && !is_freed,
        Step::Abort => !state.is_over() || state == State::Rendered,
        Step::Collect => state.is_over() && state != State::Rendered && !is_freed,
    }
}

impl Campaigns {
    pub fn act_on(&mut self, act: Act, cx: &mut Shell) {
        let Some(campaign) = self.target(cx.page) else {
            return cx.say(Tone::Dim, "Select a campaign first: 4, then Tab");
        };
        if !act.is_possible(campaign) {
            let state = row::state_in_words(campaign.state);
            return cx.say(
                Tone::Warn,
                format!("Not possible: the campaign is {state}. {}", words::next(campaign)),
            );
        }
        if !cx.may_write(Role::Operator) {
            if act.step(campaign).is_none() {
                cx.refuse_typing();
            }
            return;
        }
        let id = campaign.id;
        match act.step(campaign) {
            None => ask_rate(campaign, cx),
            Some(Step::Pause) => send(id, Step::Pause, cx),
            Some(Step::Resume) if campaign.state == CampaignState::Paused => send(id, Step::Resume, cx),
            Some(step) => cx.ask(Confirm::new(
                words::question(step, campaign),
                move |_: &mut Self, cx| {
                    if cx.may_write(Role::Operator) {
                        send(id, step, cx);
                    }
                },
            )),
        }
    }
}

fn send(id: CampaignId, step: Step, cx: &mut Shell) {
    cx.write(TakeStep(id, step));
    cx.say(Tone::Dim, format!("{} …", step.in_words()));
}

fn ask_rate(campaign: &Campaign, cx: &mut Shell) {
    let id = campaign.id;
    let label = format!(
        "Items per second (1 to {}, empty: no limit)",
        format::count(MAX_RATE.into())
    );
    let submit = move |_: &mut Campaigns, typed: &str, cx: &mut Shell| {
        let rate = parse_optional(typed, |typed| parse_number(typed, 1..=MAX_RATE))?;
        if cx.may_write(Role::Operator) {
            cx.write(SetRate(id, rate));
            cx.say(Tone::Dim, "Changing …");
        }
        Ok(())
    };
    let now = campaign.rate_per_second.map_or(String::new(), |n| n.to_string());
    cx.ask(LinePrompt::new(label, submit).with_text(&now));
}

#[derive(Debug, Clone, PartialEq)]
pub struct TakeStep(pub CampaignId, pub Step);

impl Request for TakeStep {
    type Owner = Campaigns;
    type Output = Campaign;

    async fn send(&self, client: &Client) -> Reply<Campaign> {
        client.step_campaign(self.0, self.1).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Campaign>, cx: &mut Shell) {
        match reply {
            Ok(campaign) => {
                campaigns.update(&campaign, cx);
                let state = row::state_in_words(campaign.state);
                cx.say(
                    Tone::Good,
                    format!("The campaign is {state}. {}", words::next(&campaign)),
                );
            }
            Err(e) => cx.say(Tone::Bad, format!("NOT done: {}: {e}", self.1.in_words())),
        }
        campaigns.reading.again(cx);
    }
}

/// Another rate; `None`: no limit.
#[derive(Debug, Clone, PartialEq)]
pub struct SetRate(pub CampaignId, pub Option<u32>);

impl Request for SetRate {
    type Owner = Campaigns;
    type Output = Campaign;

    async fn send(&self, client: &Client) -> Reply<Campaign> {
        client.set_campaign_rate(self.0, self.1).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Campaign>, cx: &mut Shell) {
        match reply {
            Ok(campaign) => {
                campaigns.update(&campaign, cx);
                let words = match campaign.rate_per_second {
                    Some(n) => format!("At most {} items per second", format::count(n.into())),
                    None => "No limit. New uploads come first".to_owned(),
                };
                cx.say(Tone::Good, words);
            }
            Err(e) => cx.say(Tone::Bad, format!("Rate not changed: {e}")),
        }
    }
}
