//! Keys that change an operation, and the answers.

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationState};
use tradepost_common::overview::Role;

use super::{Operations, list_page};
use crate::client::{Client, MAX_RATE, Reply, Turn};
use crate::format;
use crate::input::parse_number;
use crate::shell::{Confirm, LinePrompt, Request, Shell};
use crate::theme::Tone;

/// Pauses, resumes or cancels.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnOperation(pub OperationId, pub Turn);

impl Request for TurnOperation {
    type Owner = Operations;
    type Output = Operation;

    async fn send(&self, client: &Client) -> Reply<Operation> {
        client.turn_operation(self.0, self.1).await
    }

    fn answered(self, operations: &mut Operations, reply: Reply<Operation>, cx: &mut Shell) {
        match reply {
            Ok(operation) => {
                operations.show(&operation, cx);
                // Its state may change at any time, and is shown elsewhere.
                let (kind, done) = (operation.kind.as_str(), self.1.done());
                cx.say(Tone::Good, format!("{kind} {done}; 4 shows it"));
            }
            Err(e) => cx.say(Tone::Bad, format!("{}: {e}", self.1.as_str())),
        }
    }
}

/// Sets the highest rate, in messages a second.
#[derive(Debug, Clone, PartialEq)]
pub struct SetRate(pub OperationId, pub u32);

impl Request for SetRate {
    type Owner = Operations;
    type Output = Operation;

    async fn send(&self, client: &Client) -> Reply<Operation> {
        client.set_rate(self.0, self.1).await
    }

    fn answered(self, operations: &mut Operations, reply: Reply<Operation>, cx: &mut Shell) {
        match reply {
            Ok(operation) => {
                operations.show(&operation, cx);
                let rate = format::count(operation.pace.rate_per_second.into());
                cx.say(Tone::Good, format!("At most {rate} messages per second"));
            }
            Err(e) => cx.say(Tone::Bad, format!("Rate not changed: {e}")),
        }
    }
}

impl Operations {
    /// The operation that keys are for: of the page that is shown, or under the cursor.
    fn target(&self, cx: &mut Shell) -> Option<Operation> {
        let target = match self.shown_detail(cx.page) {
            Some(detail) => detail.fetched.value.as_ref(),
            None => self.paged.list.selected().filter(|_| cx.page == list_page()),
        };
        if target.is_none() {
            cx.say(Tone::Dim, "Select an operation first: 4");
        }
        target.cloned()
    }

    /// The selected operation, unless it is over or nothing may be changed.
    fn changeable(&self, cx: &mut Shell) -> Option<Operation> {
        let operation = self.target(cx)?;
        if operation.state.is_over() {
            cx.say(
                Tone::Warn,
                format!("The operation is already {}", operation.state.as_str()),
            );
            return None;
        }
        cx.may_write(Role::Operator).then_some(operation)
    }

    /// Pauses a running operation and resumes a paused one; asks where it had stopped by itself.
    pub fn pause_or_resume(&mut self, cx: &mut Shell) {
        let Some(operation) = self.target(cx).filter(|_| cx.may_write(Role::Operator)) else {
            return;
        };
        match operation.state {
            OperationState::Running => turn(operation.id, Turn::Pause, cx),
            OperationState::Paused => turn(operation.id, Turn::Resume, cx),
            OperationState::Stopped => ask(
                "Too much failed, so it stopped. Resume anyway?",
                operation.id,
                Turn::Resume,
                cx,
            ),
            other => cx.say(
                Tone::Warn,
                format!("The operation is {}: nothing to pause or resume", other.as_str()),
            ),
        }
    }

    pub fn ask_cancel(&mut self, cx: &mut Shell) {
        if let Some(operation) = self.changeable(cx) {
            let question = "Cancel the operation? Finished messages stay.";
            ask(question, operation.id, Turn::Cancel, cx);
        }
    }

    pub fn ask_rate(&mut self, cx: &mut Shell) {
        let Some(operation) = self.changeable(cx) else {
            return cx.refuse_typing();
        };
        let label = format!("Messages per second (1 to {})", format::count(MAX_RATE.into()));
        let submit = move |_: &mut Self, typed: &str, cx: &mut Shell| {
            let rate = parse_number(typed, 1..=MAX_RATE)?;
            if cx.may_write(Role::Operator) {
                cx.write(SetRate(operation.id, rate));
                cx.say(Tone::Dim, "Changing …");
            }
            Ok(())
        };
        let now = operation.pace.rate_per_second.to_string();
        cx.ask(LinePrompt::new(label, submit).with_text(&now));
    }
}

fn ask(question: &str, id: OperationId, act: Turn, cx: &mut Shell) {
    cx.ask(Confirm::new(question, move |_: &mut Operations, cx| {
        if cx.may_write(Role::Operator) {
            turn(id, act, cx);
        }
    }));
}

fn turn(id: OperationId, act: Turn, cx: &mut Shell) {
    cx.write(TurnOperation(id, act));
    cx.say(Tone::Dim, format!("{} …", act.as_str()));
}
