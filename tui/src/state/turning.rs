//! Keys that act on operations, and the answers.

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationState};
use tradepost_common::overview::Role;

use super::App;
use super::prompt::{Line, NumberOf, Prompt, Sure};
use super::screen::Screen;
use crate::client::{Reply, Turn};
use crate::format;
use crate::input::Typed;
use crate::message::{Effect, Write};
use crate::theme::Tone;

const NOT_THERE: &str = "this works on operations: 4";

impl App {
    /// The operation that keys are for.
    fn meant_operation(&self) -> Option<&Operation> {
        match self.screen {
            Screen::Operation => self.operations.view.as_ref()?.operation.as_ref(),
            Screen::Operations => self.operations.paged.list.selected(),
            _ => None,
        }
    }

    /// `P`: pauses what runs, goes on with what is paused; asks where it had stopped by itself.
    pub fn turn_operation(&mut self) {
        let Some((id, state)) = self.meant_operation().map(|o| (o.id, o.state)) else {
            return self.say(Tone::Dim, NOT_THERE);
        };
        if !self.may_write(Role::Operator) {
            return;
        }
        match state {
            OperationState::Running => self.send_turn(id, Turn::Pause),
            OperationState::Paused => self.send_turn(id, Turn::Resume),
            OperationState::Stopped => self.prompt = Some(Prompt::Sure(Sure::Resume(id))),
            other => self.say(
                Tone::Warn,
                format!("it is {}: nothing to pause or resume", other.as_str()),
            ),
        }
    }

    pub fn ask_cancel(&mut self) {
        let Some((id, state)) = self.meant_operation().map(|o| (o.id, o.state)) else {
            return self.say(Tone::Dim, NOT_THERE);
        };
        if state.is_over() {
            return self.say(Tone::Warn, format!("it is {} already", state.as_str()));
        }
        if self.may_write(Role::Operator) {
            self.prompt = Some(Prompt::Sure(Sure::Cancel(id)));
        }
    }

    pub fn ask_rate(&mut self) {
        let meant = self.meant_operation().map(|o| (o.id, o.state, o.pace.rate_per_second));
        let Some((id, state, rate)) = meant else {
            return self.say(Tone::Dim, NOT_THERE);
        };
        if state.is_over() {
            return self.say(Tone::Warn, format!("it is {} already", state.as_str()));
        }
        if self.may_write(Role::Operator) {
            self.prompt = Some(Prompt::Number {
                of: NumberOf::Rate(id),
                line: Line::new(&rate.to_string()),
            });
        }
    }

    pub fn answer_sure(&mut self, sure: Sure, typed: &Typed) {
        match (sure, typed) {
            // What was typed is not lost.
            (Sure::Ask(question), Typed::Cancel) => self.prompt = Some(Prompt::Question(Line::new(&question))),
            (_, Typed::Cancel) => self.say(Tone::Plain, "nothing was done"),
            (Sure::Resume(id), Typed::Yes) => self.send_if_allowed(id, Turn::Resume),
            (Sure::Cancel(id), Typed::Yes) => self.send_if_allowed(id, Turn::Cancel),
            (Sure::Campaign(id, step), typed) => self.answer_campaign(id, step, typed),
            (Sure::Ban(body), Typed::Yes) => self.ban(body),
            (Sure::Ask(question), Typed::Yes) => self.send_question(question),
            (Sure::Undo(made), Typed::Yes) if self.may_write(Role::Moderator) => self.undo_now(made),
            (Sure::Undo(_), Typed::Yes) => {}
            (Sure::Unban(account), Typed::Yes) => self.unban(account),
            (sure, _) => self.prompt = Some(Prompt::Sure(sure)),
        }
    }

    fn send_if_allowed(&mut self, id: OperationId, turn: Turn) {
        if self.may_write(Role::Operator) {
            self.send_turn(id, turn);
        }
    }

    fn send_turn(&mut self, id: OperationId, turn: Turn) {
        self.effects.push(Effect::Write(Write::Turn(id, turn)));
        self.say(Tone::Dim, format!("{} …", turn.as_str()));
    }

    pub fn turned(&mut self, id: OperationId, turn: Turn, reply: Reply<Operation>) {
        let is_plan = turn == Turn::Start && self.plan_started(id, &reply);
        match reply {
            Ok(operation) => {
                self.show_operation(&operation);
                // Plans that were given up are cancelled without a word.
                if operation.started_at.is_some() || turn != Turn::Cancel {
                    let words = format!(
                        "{} is {}; 4 shows it",
                        operation.kind.as_str(),
                        operation.state.as_str()
                    );
                    self.say(Tone::Good, words);
                }
            }
            Err(_) if is_plan => {}
            Err(e) => self.say(Tone::Bad, format!("{}: {e}", turn.as_str())),
        }
    }

    pub fn rated(&mut self, reply: Reply<Operation>) {
        match reply {
            Ok(operation) => {
                self.refresh_plan(&operation);
                self.show_operation(&operation);
                let rate = format::count(operation.pace.rate_per_second.into());
                self.say(Tone::Good, format!("{rate} messages a second at most"));
            }
            Err(e) => self.say(Tone::Bad, format!("the rate stays: {e}")),
        }
    }
}
