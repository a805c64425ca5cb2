//! Keys that act on campaigns, and the answers. Whatever others would see, or cannot be taken back, is asked about first.

use crate::shell::Shell;
use crate::state::{screen, set_prompt};
use tradepost_common::campaigns::{Campaign, CampaignState};
use tradepost_common::ids::CampaignId;
use tradepost_common::overview::Role;

use super::Legacy;
use crate::client::{CampaignStep, Reply};
use crate::format;
use crate::state::input::Typed;
use crate::state::message::Write;
use crate::state::prompt::{Line, NumberOf, Prompt, Sure};
use crate::state::screen::Screen;
use crate::theme::Tone;
use crate::view::campaigns::{keys, state_in_words};

const NOT_THERE: &str = "this works on campaigns: 4, then Tab";

/// Keys of the campaigns that change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignKey {
    /// Pause or resume.
    Turn,
    /// Start, or go on after a look.
    Go,
    Swap,
    RollBack,
    Abort,
    Collect,
    Rate,
    Plan,
}

impl From<CampaignStep> for CampaignKey {
    fn from(step: CampaignStep) -> Self {
        match step {
            CampaignStep::Start => Self::Go,
            CampaignStep::Pause | CampaignStep::Resume => Self::Turn,
            CampaignStep::Abort => Self::Abort,
            CampaignStep::Swap => Self::Swap,
            CampaignStep::RollBack => Self::RollBack,
            CampaignStep::Collect => Self::Collect,
        }
    }
}

/// Does the key act in the present state? The daemon decides in the end.
pub fn makes_sense(campaign: &Campaign, key: CampaignKey) -> bool {
    let state = campaign.state;
    match key {
        CampaignKey::Turn => matches!(
            state,
            CampaignState::Canary | CampaignState::Running | CampaignState::Paused
        ),
        CampaignKey::Go if state == CampaignState::Planned => campaign.items > 0,
        CampaignKey::Go => matches!(
            state,
            CampaignState::Waiting | CampaignState::Paused | CampaignState::Stopped
        ),
        CampaignKey::Swap => {
            matches!(state, CampaignState::Rendered | CampaignState::RolledBack) && !is_freed(campaign)
        }
        CampaignKey::RollBack => state == CampaignState::Swapped && !is_freed(campaign),
        CampaignKey::Abort => !state.is_over() || state == CampaignState::Rendered,
        CampaignKey::Collect => state.is_over() && state != CampaignState::Rendered && !is_freed(campaign),
        CampaignKey::Rate => !state.is_over(),
        CampaignKey::Plan => true,
    }
}

fn is_freed(campaign: &Campaign) -> bool {
    campaign.collecting || campaign.freed_bytes.is_some()
}

impl Legacy {
    /// The campaign that keys are for.
    pub fn meant_campaign(&self, cx: &Shell) -> Option<&Campaign> {
        match screen(cx) {
            Screen::Campaign => self.campaigns.view.as_ref()?.campaign.as_ref(),
            Screen::Campaigns => self.campaigns.paged.list.selected(),
            _ => None,
        }
    }

    pub fn campaign_key(&mut self, cx: &mut Shell, key: CampaignKey) {
        if key == CampaignKey::Plan {
            return self.ask_campaign(cx);
        }
        let Some((id, state, rate)) = self.meant_campaign(cx).map(|c| (c.id, c.state, c.rate_per_second)) else {
            return cx.say(Tone::Dim, NOT_THERE);
        };
        if let Some(why) = self.senseless(cx, key) {
            return cx.say(Tone::Warn, why);
        }
        if !cx.may_write(Role::Operator) {
            return;
        }
        let sure = |step| Some(Prompt::Sure(Sure::Campaign(id, step)));
        set_prompt(
            cx,
            match (key, state) {
                (CampaignKey::Turn, CampaignState::Paused) => {
                    return self.send_step(cx, id, CampaignStep::Resume);
                }
                (CampaignKey::Turn, _) => return self.send_step(cx, id, CampaignStep::Pause),
                (CampaignKey::Go, CampaignState::Planned) => sure(CampaignStep::Start),
                (CampaignKey::Go, CampaignState::Paused) => {
                    return self.send_step(cx, id, CampaignStep::Resume);
                }
                (CampaignKey::Go, _) => sure(CampaignStep::Resume),
                (CampaignKey::Swap, _) => sure(CampaignStep::Swap),
                (CampaignKey::RollBack, _) => sure(CampaignStep::RollBack),
                (CampaignKey::Abort, _) => sure(CampaignStep::Abort),
                (CampaignKey::Collect, _) => sure(CampaignStep::Collect),
                (CampaignKey::Rate | CampaignKey::Plan, _) => Some(Prompt::Number {
                    of: NumberOf::CampaignRate(id),
                    line: Line::new(&rate.map_or(String::new(), |n| n.to_string())),
                }),
            },
        );
    }

    /// Why a key makes no sense now, and what does.
    fn senseless(&self, cx: &Shell, key: CampaignKey) -> Option<String> {
        let campaign = self.meant_campaign(cx).filter(|campaign| !makes_sense(campaign, key))?;
        let state = state_in_words(campaign.state);
        Some(format!("not now, it is {state}: {}", keys::next(campaign)))
    }

    /// The answer to a question about a campaign.
    pub fn answer_campaign(&mut self, cx: &mut Shell, id: CampaignId, step: CampaignStep, typed: &Typed) {
        match typed {
            Typed::Yes if cx.may_write(Role::Operator) => self.send_step(cx, id, step),
            Typed::Yes => {}
            Typed::Cancel => cx.say(Tone::Plain, "nothing was done"),
            _ => set_prompt(cx, Some(Prompt::Sure(Sure::Campaign(id, step)))),
        }
    }

    fn send_step(&mut self, cx: &mut Shell, id: CampaignId, step: CampaignStep) {
        cx.write(Write::Campaign(id, step));
        cx.say(Tone::Dim, format!("{} …", step.in_words()));
    }

    pub fn campaign_stepped(&mut self, cx: &mut Shell, step: CampaignStep, reply: Reply<Campaign>) {
        match reply {
            Ok(campaign) => {
                self.show_campaign(cx, &campaign);
                let state = state_in_words(campaign.state);
                cx.say(Tone::Good, format!("it is {state}: {}", keys::next(&campaign)));
            }
            Err(e) => cx.say(Tone::Bad, format!("NOT done: {}: {e}", step.in_words())),
        }
        self.beat_campaigns(cx);
    }

    pub fn campaign_rated(&mut self, cx: &mut Shell, reply: Reply<Campaign>) {
        match reply {
            Ok(campaign) => {
                self.show_campaign(cx, &campaign);
                let words = match campaign.rate_per_second {
                    Some(n) => format!("{} items a second at most", format::count(n.into())),
                    None => "no limit; it yields to new uploads".to_owned(),
                };
                cx.say(Tone::Good, words);
            }
            Err(e) => cx.say(Tone::Bad, format!("the rate stays: {e}")),
        }
    }
}
