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

/// Handlers of one queue at most.
pub const MAX_CONCURRENCY: u32 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueAct {
    Pause,
    Resume,
}

impl Legacy {
    pub fn turn_queue(&mut self, cx: &mut Shell) {
        let Some((name, paused)) = self.queues.selected().map(|q| (q.name.clone(), q.paused)) else {
            return;
        };
        self.set_queue(cx, &name, if paused { QueueAct::Resume } else { QueueAct::Pause });
    }

    pub fn set_queue(&mut self, cx: &mut Shell, name: &str, act: QueueAct) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        let (write, doing) = match act {
            QueueAct::Pause => (Write::Pause(name.to_owned()), "pausing"),
            QueueAct::Resume => (Write::Resume(name.to_owned()), "resuming"),
        };
        cx.write(write);
        cx.say(Tone::Dim, format!("{doing} {name} …"));
    }

    pub fn ask_concurrency(&mut self, cx: &mut Shell) {
        if let Some(name) = self.queues.selected().map(|q| q.name.clone()) {
            self.ask_concurrency_of(cx, name);
        }
    }

    pub fn ask_concurrency_of(&mut self, cx: &mut Shell, name: String) {
        if cx.may_write(Role::Operator) {
            set_prompt(
                cx,
                Some(Prompt::Number {
                    of: NumberOf::Concurrency(name),
                    line: Line::default(),
                }),
            );
        }
    }

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
        let most = most(&of);
        let number = line.text().trim().parse::<u32>().ok();
        let write = match (&of, number.filter(|n| (1..=most).contains(n))) {
            (NumberOf::Concurrency(name), None) if line.text().trim().is_empty() => {
                Write::Concurrency(name.clone(), None)
            }
            (NumberOf::CampaignRate(id), None) if line.text().trim().is_empty() => Write::CampaignRate(*id, None),
            (NumberOf::CampaignRate(id), Some(n)) => Write::CampaignRate(*id, Some(n)),
            (NumberOf::Concurrency(name), Some(n)) => Write::Concurrency(name.clone(), Some(n)),
            (NumberOf::Rate(id), Some(n)) => Write::Rate(*id, n),
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

/// The highest number that the daemon takes.
pub fn most(of: &NumberOf) -> u32 {
    match of {
        NumberOf::Concurrency(_) => MAX_CONCURRENCY,
        NumberOf::Rate(_) | NumberOf::CampaignRate(_) => MAX_RATE,
    }
}
