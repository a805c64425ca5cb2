//! Keys that change something: armed first, allowed by the role, and only while the line is up.

use crate::shell::Shell;
use tradepost_common::overview::Role;

use super::prompt::{Line, NumberOf, Prompt};
use super::typing::edit;
use super::{Legacy, set_prompt};
use crate::client::MAX_RATE;
use crate::format;
use crate::state::input::Typed;
use crate::state::message::Write;
use crate::theme::Tone;

impl Legacy {
    pub fn type_number(&mut self, cx: &mut Shell, of: NumberOf, mut line: Line, typed: Typed) {
        match typed {
            Typed::Cancel => return cx.say(Tone::Plain, "nothing was changed"),
            Typed::Done => {}
            other => {
                edit(&mut line, &other);
                set_prompt(cx, Some(Prompt::Number { of, line }));
                return;
            }
        }
        let most = MAX_RATE;
        let number = line.text().trim().parse::<u32>().ok();
        let write = match (&of, number.filter(|n| (1..=most).contains(n))) {
            (NumberOf::CampaignRate(id), None) if line.text().trim().is_empty() => Write::CampaignRate(*id, None),
            (NumberOf::CampaignRate(id), Some(n)) => Write::CampaignRate(*id, Some(n)),
            (_, None) => {
                let most = format::count(most.into());
                cx.say(Tone::Warn, format!("a number from 1 to {most} is wanted"));
                set_prompt(cx, Some(Prompt::Number { of, line }));
                return;
            }
        };
        if cx.may_write(Role::Operator) {
            cx.write(write);
            cx.say(Tone::Dim, "changing …");
        }
    }
}
