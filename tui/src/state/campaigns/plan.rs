//! Planning a campaign from the list: the words of the command line, typed at a prompt. Enter plans and draws nothing.

use tradepost_common::campaigns::Campaign;
use tradepost_common::overview::Role;

use super::App;
use crate::args::typed_plan;
use crate::client::Reply;
use crate::input::Typed;
use crate::message::{Effect, Write};
use crate::state::prompt::{Line, Prompt};
use crate::state::typing::edit;
use crate::theme::Tone;

impl App {
    pub fn ask_campaign(&mut self) {
        if self.may_write(Role::Operator) {
            self.prompt = Some(Prompt::Campaign(Line::default()));
        }
    }

    pub fn type_campaign(&mut self, mut line: Line, typed: Typed) {
        match typed {
            Typed::Cancel => return self.say(Tone::Plain, "nothing was planned"),
            Typed::Done => match typed_plan(&line.text) {
                Ok(new) => {
                    if self.may_write(Role::Operator) {
                        self.effects.push(Effect::Write(Write::PlanCampaign(Box::new(new))));
                        self.say(Tone::Dim, "planning …");
                    }
                    return;
                }
                Err(why) => self.say(Tone::Warn, why),
            },
            other => edit(&mut line, &other),
        }
        self.prompt = Some(Prompt::Campaign(line));
    }

    pub fn campaign_planned(&mut self, reply: Reply<Campaign>) {
        match reply {
            Ok(campaign) => {
                self.say(Tone::Good, "planned: look at what it takes; nothing is drawn yet");
                let read_at = Some(self.clock.instant);
                self.beat_campaigns();
                // The operator may have gone on meanwhile.
                if self.prompt.is_none() && self.screen == crate::state::screen::Screen::Campaigns {
                    self.open_campaign_of(campaign.id, Some(campaign), read_at);
                }
            }
            Err(e) => self.say(Tone::Bad, format!("NOT planned: {e}")),
        }
    }
}
