//! A plan on the screen: what would be done, how fast, and the question whether to start it.

use super::{old_prompt, set_prompt};
use crate::shell::Shell;
use std::time::{Duration, Instant};

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{NewOperation, Operation, OperationKind, OperationState};
use tradepost_common::overview::Role;

use super::Legacy;
use super::prompt::Prompt;
use super::redrive::Target;
use crate::client::{Reply, Turn};
use crate::clock::Clock;
use crate::format;
use crate::state::message::{Read, Write};
use crate::theme::Tone;

/// A plan that has just come up takes no `y`: it was meant for something else.
const REST: Duration = Duration::from_millis(700);

/// A plan that waits for an answer.
pub struct PlanView {
    pub ticket: u64,
    pub new: NewOperation,
    pub target: Target,
    pub operation: Option<Operation>,
    pub error: Option<String>,
    /// When the plan was there to be read.
    ready_at: Option<Instant>,
    asked_at: Instant,
    pub starting: bool,
}

impl PlanView {
    pub fn new(ticket: u64, new: NewOperation, target: Target, clock: Clock) -> Self {
        Self {
            ticket,
            new,
            target,
            operation: None,
            error: None,
            ready_at: None,
            asked_at: clock.instant,
            starting: false,
        }
    }

    /// Is the dry run still reading?
    pub fn is_looking(&self) -> bool {
        let state = self.operation.as_ref().map(|o| o.state);
        self.error.is_none() && state.is_none_or(|state| state == OperationState::Planning)
    }

    pub fn is_ready(&self) -> bool {
        let eligible = |o: &Operation| o.state == OperationState::Planned && o.eligible() > 0;
        self.error.is_none() && !self.starting && self.operation.as_ref().is_some_and(eligible)
    }

    /// The text to type before a purge or an act on a whole queue.
    pub fn name_to_type(&self) -> Option<String> {
        let s = &self.new.selection;
        let is_whole = s.fingerprint.is_none()
            && s.text.is_none()
            && s.upload.is_none()
            && s.redriven.is_none()
            && s.ids.is_none();
        let is_asked = is_whole || self.new.kind == OperationKind::Purge;
        is_asked.then(|| self.target.queue.clone().unwrap_or_else(|| "all".to_owned()))
    }

    fn take(&mut self, operation: Operation, clock: Clock) {
        if operation.state == OperationState::Planned {
            self.ready_at.get_or_insert(clock.instant);
        }
        self.operation = Some(operation);
    }
}

impl Legacy {
    pub fn planned(&mut self, cx: &mut Shell, ticket: u64, reply: Reply<Operation>) {
        let clock = cx.clock;
        match (self.plan.as_mut().filter(|plan| plan.ticket == ticket), reply) {
            (Some(plan), Ok(operation)) => plan.take(operation, clock),
            (Some(plan), Err(e)) => plan.error = Some(e.to_string()),
            // It was given up before it was there.
            (None, Ok(operation)) => self.cancel_plan(cx, operation.id),
            (None, Err(_)) => {}
        }
    }

    pub fn cancel_plan(&mut self, cx: &mut Shell, id: OperationId) {
        cx.write(Write::Turn(id, Turn::Cancel));
    }

    /// The plan on the screen, as the daemon has it now.
    pub fn refresh_plan(&mut self, cx: &mut Shell, operation: &Operation) {
        let clock = cx.clock;
        let is_it = |plan: &&mut PlanView| plan.operation.as_ref().is_some_and(|o| o.id == operation.id);
        if let Some(plan) = self.plan.as_mut().filter(is_it) {
            plan.take(operation.clone(), clock);
        }
    }

    /// A dry run of a million takes a while; news of it may be lost with the line.
    pub fn ask_after_plan(&mut self, cx: &mut Shell) {
        let is_live = cx.is_live();
        let now = cx.clock.instant;
        let Some(plan) = self.plan.as_mut().filter(|plan| plan.is_looking()) else {
            return;
        };
        if let Some(operation) = &plan.operation
            && is_live
            && now.saturating_duration_since(plan.asked_at) >= Duration::from_secs(1)
        {
            plan.asked_at = now;
            let id = operation.id;
            cx.read(Read::Operation(id));
        }
    }

    pub fn may_start(&mut self, cx: &mut Shell) -> bool {
        let now = cx.clock.instant;
        let Some(plan) = &self.plan else {
            return false;
        };
        let nothing = plan.operation.as_ref().is_some_and(|o| o.eligible() == 0);
        let refusal = if plan.starting {
            Some("it is being started")
        } else if plan.is_looking() {
            Some("wait until the plan is here")
        } else if !plan.is_ready() {
            Some(if nothing {
                "there is nothing to act on"
            } else {
                "this plan cannot be started"
            })
        } else if plan.ready_at.is_none_or(|at| now.saturating_duration_since(at) < REST) {
            Some("the plan just came; look at it first")
        } else {
            None
        };
        match refusal {
            Some(why) => {
                cx.say(Tone::Warn, why);
                false
            }
            None => cx.may_write(Role::Operator),
        }
    }

    pub fn start_plan(&mut self, cx: &mut Shell) {
        if let Some(plan) = &mut self.plan
            && let Some(operation) = &plan.operation
        {
            plan.starting = true;
            cx.write(Write::Turn(operation.id, Turn::Start));
        }
    }

    pub fn give_plan_up(&mut self, cx: &mut Shell) {
        let Some(plan) = self.plan.take() else {
            return;
        };
        if plan.starting {
            return cx.say(Tone::Warn, "it was started already: 4 shows it, X there cancels it");
        }
        if !cx.is_live() {
            return cx.say(
                Tone::Plain,
                "nothing was done; the daemon forgets the plan within an hour",
            );
        }
        if let Some(operation) = plan.operation.filter(|o| !o.state.is_over()) {
            self.cancel_plan(cx, operation.id);
        }
        cx.say(Tone::Plain, "nothing was done; the plan is cancelled");
    }

    /// The answer to a start. Says whether the plan on the screen was meant.
    pub fn plan_started(&mut self, cx: &mut Shell, id: OperationId, reply: &Reply<Operation>) -> bool {
        let is_it = |plan: &&mut PlanView| plan.operation.as_ref().is_some_and(|o| o.id == id);
        let Some(plan) = self.plan.as_mut().filter(is_it) else {
            return false;
        };
        match reply {
            Ok(_) => {
                self.plan = None;
                if matches!(old_prompt(cx), Some(Prompt::Plan(_))) {
                    set_prompt(cx, None);
                }
                self.dead.groups.clear_marks();
                self.dead.letters.clear_marks();
            }
            Err(e) => {
                plan.starting = false;
                plan.error = Some(format!("NOT started: {e}"));
            }
        }
        true
    }

    pub fn operation_arrived(&mut self, cx: &mut Shell, reply: Reply<Operation>) {
        if let Ok(operation) = reply {
            self.refresh_plan(cx, &operation);
        }
    }

    pub fn turned(&mut self, cx: &mut Shell, id: OperationId, turn: Turn, reply: Reply<Operation>) {
        let is_plan = turn == Turn::Start && self.plan_started(cx, id, &reply);
        match reply {
            Ok(operation) => {
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
                let rate = format::count(operation.pace.rate_per_second.into());
                cx.say(Tone::Good, format!("{rate} messages a second at most"));
            }
            Err(e) => cx.say(Tone::Bad, format!("the rate stays: {e}")),
        }
    }
}
