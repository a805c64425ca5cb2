//! Planning a campaign from the list: the words of the command line, typed at a prompt. Enter plans and draws nothing.

use crate::shell::Shell;
use crate::state::{screen, set_prompt};
use tradepost_common::campaigns::Campaign;
use tradepost_common::overview::Role;

use super::Legacy;
use crate::args::typed_plan;
use crate::client::Reply;
use crate::state::input::Typed;
use crate::state::message::Write;
use crate::state::prompt::{Line, Prompt};
use crate::state::typing::edit;
use crate::theme::Tone;

impl Legacy {
    pub fn ask_campaign(&mut self, cx: &mut Shell) {
        if cx.may_write(Role::Operator) {
            set_prompt(cx, Some(Prompt::Campaign(Line::default())));
        }
    }

    pub fn type_campaign(&mut self, cx: &mut Shell, mut line: Line, typed: Typed) {
        match typed {
            Typed::Cancel => return cx.say(Tone::Plain, "nothing was planned"),
            Typed::Done => match typed_plan(line.text()) {
                Ok(new) => {
                    if cx.may_write(Role::Operator) {
                        cx.write(Write::PlanCampaign(Box::new(new)));
                        cx.say(Tone::Dim, "planning …");
                    }
                    return;
                }
                Err(why) => cx.say(Tone::Warn, why),
            },
            other => edit(&mut line, &other),
        }
        set_prompt(cx, Some(Prompt::Campaign(line)));
    }

    pub fn campaign_planned(&mut self, cx: &mut Shell, reply: Reply<Campaign>) {
        match reply {
            Ok(campaign) => {
                cx.say(Tone::Good, "planned: look at what it takes; nothing is drawn yet");
                let read_at = Some(cx.clock.instant);
                self.beat_campaigns(cx);
                // The operator may have gone on meanwhile.
                if cx.prompt.is_none() && screen(cx) == crate::state::screen::Screen::Campaigns {
                    self.open_campaign_of(cx, campaign.id, Some(campaign), read_at);
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("NOT planned: {e}")),
        }
    }
}
