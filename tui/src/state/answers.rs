//! What the daemon answered to acts.

use tradepost_common::overview::{Alert, Role};
use tradepost_common::queues::QueueRow;

use super::App;
use super::prompt::{Prompt, Sure};
use crate::client::Reply;
use crate::message::{Effect, Write};
use crate::theme::Tone;

impl App {
    pub fn queue_turned(&mut self, name: &str, reply: Reply<QueueRow>) {
        match reply {
            Ok(row) => {
                let now = if row.paused { "paused" } else { "running" };
                self.say(Tone::Good, format!("{name} is {now}"));
                if self.frozen.is_none() {
                    self.queues.update(row, self.clock.utc);
                }
            }
            Err(e) => self.say(Tone::Bad, format!("{name}: {e}")),
        }
    }

    pub fn concurrency_set(&mut self, name: &str, reply: Reply<QueueRow>) {
        match reply {
            Ok(row) => {
                let how = if row.concurrency_by.is_some() {
                    ""
                } else {
                    " as configured"
                };
                self.say(
                    Tone::Good,
                    format!("{name} runs {} handlers at once{how}", row.concurrency),
                );
                if self.frozen.is_none() {
                    self.queues.update(row, self.clock.utc);
                }
            }
            Err(e) => self.say(Tone::Bad, format!("{name}: {e}")),
        }
    }

    pub fn acknowledged(&mut self, code: &str, reply: Reply<Alert>) {
        match reply {
            Ok(alert) => {
                self.say(Tone::Good, format!("{code} is acknowledged; it stays until it clears"));
                if let Some(overview) = &mut self.overview
                    && let Some(place) = overview.alerts.iter_mut().find(|a| a.code == code)
                {
                    *place = alert.clone();
                }
                self.alerts.update(alert, self.clock.utc);
            }
            Err(e) => self.say(Tone::Bad, format!("{code}: {e}")),
        }
    }

    /// `unban` of the palette, for the contributor of the case in hand.
    pub fn ask_unban(&mut self, account: String) {
        if self.may_write(Role::Moderator) {
            self.prompt = Some(Prompt::Sure(Sure::Unban(account)));
        }
    }

    pub fn unban(&mut self, account: String) {
        if self.may_write(Role::Moderator) {
            self.say(Tone::Dim, format!("letting {account} in again …"));
            self.effects.push(Effect::Write(Write::Unban(account)));
        }
    }

    pub fn unbanned(&mut self, account: &str, reply: Reply<()>) {
        match reply {
            Ok(()) => {
                self.say(Tone::Good, format!("{account} may upload again"));
                if let Some(case) = &mut self.case {
                    case.asked_revision = u64::MAX;
                }
            }
            Err(e) => self.say(Tone::Bad, format!("{account}: {e}")),
        }
    }

    pub fn show_record(&mut self) {
        if self.case.as_ref().is_some_and(|case| case.detail.is_some()) {
            self.prompt = Some(Prompt::Record { top: 0 });
        }
    }
}
