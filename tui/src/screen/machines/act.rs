//! Draining and resuming, for the key and for the command line.

use tradepost_common::machines::{Machine, TurnMachine};
use tradepost_common::text::Text;

use super::Machines;
use crate::client::{Client, Reply};
use crate::shell::{Request, Shell};
use crate::theme::Tone;

/// The duty that a machine gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Drained,
    Serving,
}

impl Duty {
    /// The opposite of what was decided.
    pub fn next(machine: &Machine) -> Self {
        match machine.drained_at {
            Some(_) => Self::Serving,
            None => Self::Drained,
        }
    }

    pub const fn verb(self) -> &'static str {
        match self {
            Self::Drained => "Drain",
            Self::Serving => "Resume",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TurnOne {
    name: String,
    duty: Duty,
    body: TurnMachine,
}

impl TurnOne {
    pub fn new(name: &str, duty: Duty, reason: Text<200>) -> Self {
        Self {
            name: name.to_owned(),
            duty,
            body: TurnMachine { reason },
        }
    }

    /// The decision in words.
    pub fn outcome(&self) -> String {
        match self.duty {
            Duty::Drained => format!("{} is drained: it takes on nothing more", self.name),
            Duty::Serving => format!("{} works again", self.name),
        }
    }
}

impl Request for TurnOne {
    type Owner = Machines;
    type Output = Machine;

    async fn send(&self, client: &Client) -> Reply<Machine> {
        match self.duty {
            Duty::Drained => client.drain_machine(&self.name, &self.body).await,
            Duty::Serving => client.resume_machine(&self.name, &self.body).await,
        }
    }

    fn answered(self, machines: &mut Machines, reply: Reply<Machine>, cx: &mut Shell) {
        match reply {
            Ok(machine) => {
                cx.say(Tone::Good, self.outcome());
                machines.list.update(machine, cx.clock.utc);
            }
            Err(e) => cx.say(Tone::Bad, format!("{}: {e}", self.name)),
        }
    }
}
