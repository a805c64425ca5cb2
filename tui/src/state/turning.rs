//! Keys that act on operations, and the answers.

use super::{screen, set_prompt};
use crate::shell::Shell;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationState};
use tradepost_common::overview::Role;

use super::Legacy;
use super::prompt::{Line, NumberOf, Prompt, Sure};
use super::screen::Screen;
use crate::client::{Reply, Turn};
use crate::format;
use crate::state::input::Typed;
use crate::state::message::Write;
use crate::theme::Tone;

const NOT_THERE: &str = "this works on operations: 4";

impl Legacy {
    /// The operation that keys are for.
    fn meant_operation(&self, cx: &Shell) -> Option<&Operation> {
        match screen(cx) {
            Screen::Operation => self.operations.view.as_ref()?.operation.as_ref(),
            Screen::Operations => self.operations.paged.list.selected(),
            _ => None,
        }
    }

    /// `P`: pauses what runs, goes on with what is paused; asks where it had stopped by itself.
    pub fn turn_operation(&mut self, cx: &mut Shell) {
        let Some((id, state)) = self.meant_operation(cx).map(|o| (o.id, o.state)) else {
            return cx.say(Tone::Dim, NOT_THERE);
        };
        if !cx.may_write(Role::Operator) {
            return;
        }
        match state {
            OperationState::Running => self.send_turn(cx, id, Turn::Pause),
            OperationState::Paused => self.send_turn(cx, id, Turn::Resume),
            OperationState::Stopped => set_prompt(cx, Some(Prompt::Sure(Sure::Resume(id)))),
            other => cx.say(
                Tone::Warn,
                format!("it is {}: nothing to pause or resume", other.as_str()),
            ),
        }
    }

    pub fn ask_cancel(&mut self, cx: &mut Shell) {
        let Some((id, state)) = self.meant_operation(cx).map(|o| (o.id, o.state)) else {
            return cx.say(Tone::Dim, NOT_THERE);
        };
        if state.is_over() {
            return cx.say(Tone::Warn, format!("it is {} already", state.as_str()));
        }
        if cx.may_write(Role::Operator) {
            set_prompt(cx, Some(Prompt::Sure(Sure::Cancel(id))));
        }
    }

    pub fn ask_rate(&mut self, cx: &mut Shell) {
        let meant = self
            .meant_operation(cx)
            .map(|o| (o.id, o.state, o.pace.rate_per_second));
        let Some((id, state, rate)) = meant else {
            return cx.say(Tone::Dim, NOT_THERE);
        };
        if state.is_over() {
            return cx.say(Tone::Warn, format!("it is {} already", state.as_str()));
        }
        if cx.may_write(Role::Operator) {
            set_prompt(
                cx,
                Some(Prompt::Number {
                    of: NumberOf::Rate(id),
                    line: Line::new(&rate.to_string()),
                }),
            );
        }
    }

    pub fn answer_sure(&mut self, cx: &mut Shell, sure: Sure, typed: &Typed) {
        match (sure, typed) {
            (_, Typed::Cancel) => cx.say(Tone::Plain, "nothing was done"),
            (Sure::Resume(id), Typed::Yes) => self.send_if_allowed(cx, id, Turn::Resume),
            (Sure::Cancel(id), Typed::Yes) => self.send_if_allowed(cx, id, Turn::Cancel),
            (Sure::Campaign(id, step), typed) => self.answer_campaign(cx, id, step, typed),
            (sure, _) => set_prompt(cx, Some(Prompt::Sure(sure))),
        }
    }

    fn send_if_allowed(&mut self, cx: &mut Shell, id: OperationId, turn: Turn) {
        if cx.may_write(Role::Operator) {
            self.send_turn(cx, id, turn);
        }
    }

    fn send_turn(&mut self, cx: &mut Shell, id: OperationId, turn: Turn) {
        cx.write(Write::Turn(id, turn));
        cx.say(Tone::Dim, format!("{} …", turn.as_str()));
    }

    pub fn turned(&mut self, cx: &mut Shell, id: OperationId, turn: Turn, reply: Reply<Operation>) {
        let is_plan = turn == Turn::Start && self.plan_started(cx, id, &reply);
        match reply {
            Ok(operation) => {
                self.show_operation(cx, &operation);
                // Plans that were given up are cancelled without a word.
                if operation.started_at.is_some() || turn != Turn::Cancel {
                    let words = format!(
                        "{} is {}; 4 shows it",
                        operation.kind.as_str(),
                        operation.state.as_str()
                    );
                    cx.say(Tone::Good, words);
                }
            }
            Err(_) if is_plan => {}
            Err(e) => cx.say(Tone::Bad, format!("{}: {e}", turn.as_str())),
        }
    }

    pub fn rated(&mut self, cx: &mut Shell, reply: Reply<Operation>) {
        match reply {
            Ok(operation) => {
                self.refresh_plan(cx, &operation);
                self.show_operation(cx, &operation);
                let rate = format::count(operation.pace.rate_per_second.into());
                cx.say(Tone::Good, format!("{rate} messages a second at most"));
            }
            Err(e) => cx.say(Tone::Bad, format!("the rate stays: {e}")),
        }
    }
}
