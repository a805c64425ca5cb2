//! What the daemon answered to acts.

use super::set_prompt;
use crate::shell::Shell;
use tradepost_common::overview::Role;
use tradepost_common::queues::QueueRow;

use super::Legacy;
use super::prompt::{Prompt, Sure};
use crate::client::Reply;
use crate::state::message::Write;
use crate::theme::Tone;

impl Legacy {
    pub fn queue_turned(&mut self, cx: &mut Shell, name: &str, reply: Reply<QueueRow>) {
        match reply {
            Ok(row) => {
                let now = if row.paused { "paused" } else { "running" };
                cx.say(Tone::Good, format!("{name} is {now}"));
                if cx.frozen_since.is_none() {
                    self.queues.update(row, cx.clock.utc);
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("{name}: {e}")),
        }
    }

    pub fn concurrency_set(&mut self, cx: &mut Shell, name: &str, reply: Reply<QueueRow>) {
        match reply {
            Ok(row) => {
                let how = if row.concurrency_by.is_some() {
                    ""
                } else {
                    " as configured"
                };
                cx.say(
                    Tone::Good,
                    format!("{name} runs {} handlers at once{how}", row.concurrency),
                );
                if cx.frozen_since.is_none() {
                    self.queues.update(row, cx.clock.utc);
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("{name}: {e}")),
        }
    }

    /// `unban` of the palette, for the contributor of the case in hand.
    pub fn ask_unban(&mut self, cx: &mut Shell, account: String) {
        if cx.may_write(Role::Moderator) {
            set_prompt(cx, Some(Prompt::Sure(Sure::Unban(account))));
        }
    }

    pub fn unban(&mut self, cx: &mut Shell, account: String) {
        if cx.may_write(Role::Moderator) {
            cx.say(Tone::Dim, format!("letting {account} in again …"));
            cx.write(Write::Unban(account));
        }
    }

    pub fn unbanned(&mut self, cx: &mut Shell, account: &str, reply: Reply<()>) {
        match reply {
            Ok(()) => {
                cx.say(Tone::Good, format!("{account} may upload again"));
                if let Some(case) = &mut self.case {
                    case.asked_revision = u64::MAX;
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("{account}: {e}")),
        }
    }

    pub fn show_record(&mut self, cx: &mut Shell) {
        if self.case.as_ref().is_some_and(|case| case.detail.is_some()) {
            set_prompt(cx, Some(Prompt::Record { top: 0 }));
        }
    }
}
