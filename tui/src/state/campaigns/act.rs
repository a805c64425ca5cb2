//! Keys that act on campaigns, and the answers. Whatever others would see, or cannot be taken back, is asked about first.

use tradepost_common::campaigns::{Campaign, CampaignState};
use tradepost_common::ids::CampaignId;
use tradepost_common::overview::Role;

use super::App;
use crate::client::{CampaignStep, Reply};
use crate::format;
use crate::input::Typed;
use crate::message::{Effect, Write};
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

/// Whether the key does something in the present state. The daemon has the last word.
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

impl App {
    /// The campaign that keys are for.
    pub fn meant_campaign(&self) -> Option<&Campaign> {
        match self.screen {
            Screen::Campaign => self.campaigns.view.as_ref()?.campaign.as_ref(),
            Screen::Campaigns => self.campaigns.paged.list.selected(),
            _ => None,
        }
    }

    pub fn campaign_key(&mut self, key: CampaignKey) {
        if key == CampaignKey::Plan {
            return self.ask_campaign();
        }
        let Some((id, state, rate)) = self.meant_campaign().map(|c| (c.id, c.state, c.rate_per_second)) else {
            return self.say(Tone::Dim, NOT_THERE);
        };
        if let Some(why) = self.senseless(key) {
            return self.say(Tone::Warn, why);
        }
        if !self.may_write(Role::Operator) {
            return;
        }
        let sure = |step| Some(Prompt::Sure(Sure::Campaign(id, step)));
        self.prompt = match (key, state) {
            (CampaignKey::Turn, CampaignState::Paused) => return self.send_step(id, CampaignStep::Resume),
            (CampaignKey::Turn, _) => return self.send_step(id, CampaignStep::Pause),
            (CampaignKey::Go, CampaignState::Planned) => sure(CampaignStep::Start),
            (CampaignKey::Go, CampaignState::Paused) => return self.send_step(id, CampaignStep::Resume),
            (CampaignKey::Go, _) => sure(CampaignStep::Resume),
            (CampaignKey::Swap, _) => sure(CampaignStep::Swap),
            (CampaignKey::RollBack, _) => sure(CampaignStep::RollBack),
            (CampaignKey::Abort, _) => sure(CampaignStep::Abort),
            (CampaignKey::Collect, _) => sure(CampaignStep::Collect),
            (CampaignKey::Rate | CampaignKey::Plan, _) => Some(Prompt::Number {
                of: NumberOf::CampaignRate(id),
                line: Line::new(&rate.map_or(String::new(), |n| n.to_string())),
            }),
        };
    }

    /// Why a key makes no sense now, and what does.
    fn senseless(&self, key: CampaignKey) -> Option<String> {
        let campaign = self.meant_campaign().filter(|campaign| !makes_sense(campaign, key))?;
        let state = state_in_words(campaign.state);
        Some(format!("not now, it is {state}: {}", keys::next(campaign)))
    }

    /// The answer to a question about a campaign.
    pub fn answer_campaign(&mut self, id: CampaignId, step: CampaignStep, typed: &Typed) {
        match typed {
            Typed::Yes if self.may_write(Role::Operator) => self.send_step(id, step),
            Typed::Yes => {}
            _ => self.prompt = Some(Prompt::Sure(Sure::Campaign(id, step))),
        }
    }

    fn send_step(&mut self, id: CampaignId, step: CampaignStep) {
        self.effects.push(Effect::Write(Write::Campaign(id, step)));
        self.say(Tone::Dim, format!("{} …", step.in_words()));
    }

    pub fn campaign_stepped(&mut self, step: CampaignStep, reply: Reply<Campaign>) {
        match reply {
            Ok(campaign) => {
                self.show_campaign(&campaign);
                let state = state_in_words(campaign.state);
                self.say(Tone::Good, format!("it is {state}: {}", keys::next(&campaign)));
            }
            Err(e) => self.say(Tone::Bad, format!("NOT done: {}: {e}", step.in_words())),
        }
        self.beat_campaigns();
    }

    pub fn campaign_rated(&mut self, reply: Reply<Campaign>) {
        match reply {
            Ok(campaign) => {
                self.show_campaign(&campaign);
                let words = match campaign.rate_per_second {
                    Some(n) => format!("{} items a second at most", format::count(n.into())),
                    None => "no limit; it yields to new uploads".to_owned(),
                };
                self.say(Tone::Good, words);
            }
            Err(e) => self.say(Tone::Bad, format!("the rate stays: {e}")),
        }
    }
}
