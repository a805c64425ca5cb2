//! Keys that change something: armed first, allowed by the role, and only while the line is up.

use tradepost_common::overview::Role;

use super::pacing::MAX_RATE;
use super::prompt::{Line, NumberOf, Prompt};
use super::screen::Screen;
use super::typing::edit;
use super::{ARMED_FOR, App};
use crate::format;
use crate::input::Typed;
use crate::message::{Effect, Write};
use crate::theme::Tone;

/// Handlers of one queue at most.
pub const MAX_CONCURRENCY: u32 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueAct {
    Pause,
    Resume,
}

impl App {
    pub fn arm(&mut self) {
        if self.armed_for().is_some() {
            self.armed_until = None;
            self.say(Tone::Plain, "read-only again");
        } else if self.has_role(Role::Moderator) || self.has_role(Role::Operator) {
            self.armed_until = Some(self.clock.instant + ARMED_FOR);
            self.say(
                Tone::Plain,
                format!("writing is armed for {}", format::countdown(ARMED_FOR)),
            );
            if self.screen == Screen::Item {
                self.claim_case();
            }
        } else {
            self.say(
                Tone::Warn,
                "your user may only look: it needs the role moderator or operator",
            );
        }
    }

    /// Whether a key that changes something may; says why not.
    pub fn may_write(&mut self, role: Role) -> bool {
        if !self.has_role(role) {
            self.say(
                Tone::Warn,
                format!("not allowed: this needs the role {}", role.as_str()),
            );
        } else if self.armed_for().is_none() {
            self.say(Tone::Warn, "read-only: press W to arm writing");
        } else if !self.is_live() {
            self.say(Tone::Warn, "the line to the daemon is down; nothing was done");
        } else {
            return true;
        }
        false
    }

    pub fn turn_queue(&mut self) {
        let Some((name, paused)) = self.queues.selected().map(|q| (q.name.clone(), q.paused)) else {
            return;
        };
        self.set_queue(&name, if paused { QueueAct::Resume } else { QueueAct::Pause });
    }

    pub fn set_queue(&mut self, name: &str, act: QueueAct) {
        if !self.may_write(Role::Operator) {
            return;
        }
        let (write, doing) = match act {
            QueueAct::Pause => (Write::Pause(name.to_owned()), "pausing"),
            QueueAct::Resume => (Write::Resume(name.to_owned()), "resuming"),
        };
        self.effects.push(Effect::Write(write));
        self.say(Tone::Dim, format!("{doing} {name} …"));
    }

    pub fn ask_concurrency(&mut self) {
        if let Some(name) = self.queues.selected().map(|q| q.name.clone()) {
            self.ask_concurrency_of(name);
        }
    }

    pub fn ask_concurrency_of(&mut self, name: String) {
        if self.may_write(Role::Operator) {
            self.prompt = Some(Prompt::Number {
                of: NumberOf::Concurrency(name),
                line: Line::default(),
            });
        }
    }

    pub fn type_number(&mut self, of: NumberOf, mut line: Line, typed: Typed) {
        match typed {
            Typed::Cancel => return self.say(Tone::Plain, "nothing was changed"),
            Typed::Done => {}
            other => {
                edit(&mut line, &other);
                self.prompt = Some(Prompt::Number { of, line });
                return;
            }
        }
        let most = most(&of);
        let number = line.text.trim().parse::<u32>().ok();
        let write = match (&of, number.filter(|n| (1..=most).contains(n))) {
            (NumberOf::Concurrency(name), None) if line.text.trim().is_empty() => {
                Write::Concurrency(name.clone(), None)
            }
            (NumberOf::CampaignRate(id), None) if line.text.trim().is_empty() => Write::CampaignRate(*id, None),
            (NumberOf::CampaignRate(id), Some(n)) => Write::CampaignRate(*id, Some(n)),
            (NumberOf::Concurrency(name), Some(n)) => Write::Concurrency(name.clone(), Some(n)),
            (NumberOf::Rate(id), Some(n)) => Write::Rate(*id, n),
            (_, None) => {
                let most = format::count(most.into());
                self.say(Tone::Warn, format!("a number from 1 to {most} is wanted"));
                self.prompt = Some(Prompt::Number { of, line });
                return;
            }
        };
        if self.may_write(Role::Operator) {
            self.effects.push(Effect::Write(write));
            self.say(Tone::Dim, "changing …");
        }
    }

    /// Somebody has taken note; the alert stays until what it is about is well again.
    pub fn acknowledge(&mut self) {
        let Some((code, by)) = self
            .alerts
            .selected()
            .map(|a| (a.code.clone(), a.acknowledged_by.clone()))
        else {
            return self.say(Tone::Dim, "there is no alert");
        };
        if let Some(by) = by {
            return self.say(Tone::Plain, format!("{by} has acknowledged it already"));
        }
        if self.may_write(Role::Operator) {
            self.effects.push(Effect::Write(Write::Acknowledge(code)));
            self.say(Tone::Dim, "acknowledging …");
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
