//! Changes the settings of a queue, for keys and for the command line.

use tradepost_common::queues::QueueRow;

use super::Queues;
use crate::client::{Client, Reply};
use crate::shell::{Request, Shell};
use crate::theme::Tone;

/// The setting that a queue gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    Paused,
    Running,
    /// Handlers that run at once; `None`: as configured.
    Concurrency(Option<u32>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    queue: String,
    to: Setting,
}

impl Change {
    pub fn new(queue: &str, to: Setting) -> Self {
        let queue = queue.to_owned();
        Self { queue, to }
    }

    /// The new settings of the queue in words.
    pub fn outcome(&self, row: &QueueRow) -> String {
        let QueueRow { name, concurrency, .. } = row;
        match self.to {
            Setting::Concurrency(_) if row.concurrency_by.is_some() => {
                format!("{name} runs {concurrency} handlers at once")
            }
            Setting::Concurrency(_) => format!("{name} runs {concurrency} handlers at once, as configured"),
            _ if row.paused => format!("{name} is paused"),
            _ => format!("{name} is running"),
        }
    }
}

impl Request for Change {
    type Owner = Queues;
    type Output = QueueRow;

    async fn send(&self, client: &Client) -> Reply<QueueRow> {
        match self.to {
            Setting::Paused => client.pause_queue(&self.queue).await,
            Setting::Running => client.resume_queue(&self.queue).await,
            Setting::Concurrency(handlers) => client.set_concurrency(&self.queue, handlers).await,
        }
    }

    fn answered(self, queues: &mut Queues, reply: Reply<QueueRow>, cx: &mut Shell) {
        match reply {
            Ok(row) => {
                cx.say(Tone::Good, self.outcome(&row));
                if cx.frozen_since.is_none() {
                    queues.list.update(row, cx.clock.utc);
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("{}: {e}", self.queue)),
        }
    }
}
