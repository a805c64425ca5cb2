//! The daemon's replies to acts.

use crate::shell::Shell;
use tradepost_common::queues::QueueRow;

use super::Legacy;
use crate::client::Reply;
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
}
