//! A plan on the screen: what would be done, how fast, and the question whether to start it.

use std::time::{Duration, Instant};

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{NewOperation, Operation, OperationKind, OperationState, Pace};
use tradepost_common::overview::Role;

use super::App;
use super::clock::Clock;
use super::prompt::{Line, PlanStep, Prompt};
use super::redrive::Target;
use super::typing::edit;
use crate::client::{Reply, Turn};
use crate::format;
use crate::input::Typed;
use crate::message::{Effect, Read, Write};
use crate::theme::Tone;

/// A plan that has just come up takes no `y`: it was meant for something else.
const REST: Duration = Duration::from_millis(700);
/// The most that the daemon takes.
pub const MAX_RATE: u32 = 100_000;

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

    /// Whether the dry run is still looking.
    pub fn is_looking(&self) -> bool {
        let state = self.operation.as_ref().map(|o| o.state);
        self.error.is_none() && state.is_none_or(|state| state == OperationState::Planning)
    }

    pub fn is_ready(&self) -> bool {
        let eligible = |o: &Operation| o.state == OperationState::Planned && o.eligible() > 0;
        self.error.is_none() && !self.starting && self.operation.as_ref().is_some_and(eligible)
    }

    /// What must be typed before a purge, or before a whole queue is acted on.
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

impl App {
    pub fn planned(&mut self, ticket: u64, reply: Reply<Operation>) {
        let clock = self.clock;
        match (self.plan.as_mut().filter(|plan| plan.ticket == ticket), reply) {
            (Some(plan), Ok(operation)) => plan.take(operation, clock),
            (Some(plan), Err(e)) => plan.error = Some(e.to_string()),
            // It was given up before it was there.
            (None, Ok(operation)) => self.cancel_plan(operation.id),
            (None, Err(_)) => {}
        }
    }

    fn cancel_plan(&mut self, id: OperationId) {
        self.effects.push(Effect::Write(Write::Turn(id, Turn::Cancel)));
    }

    /// The plan on the screen, as the daemon has it now.
    pub fn refresh_plan(&mut self, operation: &Operation) {
        let clock = self.clock;
        let is_it = |plan: &&mut PlanView| plan.operation.as_ref().is_some_and(|o| o.id == operation.id);
        if let Some(plan) = self.plan.as_mut().filter(is_it) {
            plan.take(operation.clone(), clock);
        }
    }

    /// A dry run of a million takes a while; news of it may be lost with the line.
    pub fn ask_after_plan(&mut self) {
        let is_live = self.is_live();
        let now = self.clock.instant;
        let Some(plan) = self.plan.as_mut().filter(|plan| plan.is_looking()) else {
            return;
        };
        if let Some(operation) = &plan.operation
            && is_live
            && now.saturating_duration_since(plan.asked_at) >= Duration::from_secs(1)
        {
            plan.asked_at = now;
            let id = operation.id;
            self.effects.push(Effect::Read(Read::Operation(id)));
        }
    }

    pub fn answer_plan(&mut self, step: PlanStep, typed: Typed) {
        let next = match step {
            PlanStep::Look => self.look_at_plan(typed),
            PlanStep::Rate(line) => self.type_pace(line, typed, PlanStep::Rate),
            PlanStep::Canary(line) => self.type_pace(line, typed, PlanStep::Canary),
            PlanStep::Name(line) => self.type_name(line, typed),
        };
        if let Some(step) = next
            && self.plan.is_some()
        {
            self.prompt = Some(Prompt::Plan(step));
        }
    }

    fn look_at_plan(&mut self, typed: Typed) -> Option<PlanStep> {
        match typed {
            Typed::Cancel => {
                self.give_plan_up();
                return None;
            }
            Typed::Rate => return self.pace_step(|pace| pace.rate_per_second, PlanStep::Rate),
            Typed::Canary => return self.pace_step(|pace| pace.canary, PlanStep::Canary),
            Typed::Yes if self.may_start() => match self.plan.as_ref().and_then(PlanView::name_to_type) {
                Some(_) => return Some(PlanStep::Name(Line::default())),
                None => self.start_plan(),
            },
            _ => {}
        }
        Some(PlanStep::Look)
    }

    fn pace_step(&self, of: fn(&Pace) -> u32, step: fn(Line) -> PlanStep) -> Option<PlanStep> {
        let plan = self
            .plan
            .as_ref()
            .filter(|plan| plan.new.kind.sends() && !plan.starting);
        Some(plan.map_or(PlanStep::Look, |plan| step(Line::new(&of(&plan.new.pace).to_string()))))
    }

    fn type_pace(&mut self, mut line: Line, typed: Typed, step: fn(Line) -> PlanStep) -> Option<PlanStep> {
        match typed {
            Typed::Cancel => return Some(PlanStep::Look),
            Typed::Done => {}
            other => {
                edit(&mut line, &other);
                return Some(step(line));
            }
        }
        let mut pace = self.plan.as_ref().map(|plan| plan.new.pace)?;
        let is_rate = matches!(step(Line::default()), PlanStep::Rate(_));
        let (least, place) = if is_rate {
            (1, &mut pace.rate_per_second)
        } else {
            (0, &mut pace.canary)
        };
        match line.text.trim().parse::<u32>() {
            Ok(n) if (least..=MAX_RATE).contains(&n) => *place = n,
            _ => {
                let most = format::count(MAX_RATE.into());
                self.say(Tone::Warn, format!("a number from {least} to {most} is wanted"));
                return Some(step(line));
            }
        }
        match self.plan.as_ref().and_then(|plan| plan.operation.as_ref()) {
            Some(operation) if is_rate => self.change_rate(operation.id, pace),
            _ => self.plan_again(pace),
        }
        Some(PlanStep::Look)
    }

    fn change_rate(&mut self, id: OperationId, pace: Pace) {
        if !self.may_write(Role::Operator) {
            return;
        }
        if let Some(plan) = &mut self.plan {
            plan.new.pace = pace;
        }
        self.effects.push(Effect::Write(Write::Rate(id, pace.rate_per_second)));
    }

    /// Another canary is another plan: the one before is cancelled.
    fn plan_again(&mut self, pace: Pace) {
        if !self.may_write(Role::Operator) {
            return;
        }
        let Some(plan) = self.plan.take() else {
            return;
        };
        if let Some(operation) = &plan.operation {
            self.cancel_plan(operation.id);
        }
        self.ask_for_plan(plan.new.kind, plan.target, plan.new.reason, pace);
    }

    fn type_name(&mut self, mut line: Line, typed: Typed) -> Option<PlanStep> {
        let name = self.plan.as_ref().and_then(PlanView::name_to_type)?;
        match typed {
            Typed::Cancel => return Some(PlanStep::Look),
            // The name is complete: a further y is the answer and not text.
            Typed::Text('y') if line.text == name => {
                if self.may_start() {
                    self.start_plan();
                }
                return Some(PlanStep::Look);
            }
            other => edit(&mut line, &other),
        }
        Some(PlanStep::Name(line))
    }

    fn may_start(&mut self) -> bool {
        let now = self.clock.instant;
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
                self.say(Tone::Warn, why);
                false
            }
            None => self.may_write(Role::Operator),
        }
    }

    fn start_plan(&mut self) {
        if let Some(plan) = &mut self.plan
            && let Some(operation) = &plan.operation
        {
            plan.starting = true;
            self.effects.push(Effect::Write(Write::Turn(operation.id, Turn::Start)));
        }
    }

    pub fn give_plan_up(&mut self) {
        let Some(plan) = self.plan.take() else {
            return;
        };
        if plan.starting {
            return self.say(Tone::Warn, "it was started already: 4 shows it, X there cancels it");
        }
        if !self.is_live() {
            return self.say(
                Tone::Plain,
                "nothing was done; the daemon forgets the plan within an hour",
            );
        }
        if let Some(operation) = plan.operation.filter(|o| !o.state.is_over()) {
            self.cancel_plan(operation.id);
        }
        self.say(Tone::Plain, "nothing was done; the plan is cancelled");
    }

    /// The answer to a start. Says whether the plan on the screen was meant.
    pub fn plan_started(&mut self, id: OperationId, reply: &Reply<Operation>) -> bool {
        let is_it = |plan: &&mut PlanView| plan.operation.as_ref().is_some_and(|o| o.id == id);
        let Some(plan) = self.plan.as_mut().filter(is_it) else {
            return false;
        };
        match reply {
            Ok(_) => {
                self.plan = None;
                if matches!(self.prompt, Some(Prompt::Plan(_))) {
                    self.prompt = None;
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
}
