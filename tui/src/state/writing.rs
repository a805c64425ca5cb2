//! Keys that change something: armed first, allowed by the role, and only while the line is up.

use tradepost_common::overview::Role;

use super::screen::Screen;
use super::{ARMED_FOR, App};
use crate::format;
use crate::message::{Effect, Write};
use crate::theme::Tone;

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
}
