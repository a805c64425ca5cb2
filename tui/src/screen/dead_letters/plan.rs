//! A plan: nothing is touched until somebody has looked at it and starts it.

use std::time::{Duration, Instant};

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{NewOperation, Operation, OperationKind, OperationState, Pace, Selection};
use tradepost_common::overview::Role;

use super::DeadLetters;
use super::plan_prompt::PlanPrompt;
use super::selected::AnySelected;
use super::target::Target;
use crate::client::{Client, Reply, Turn};
use crate::clock::Clock;
use crate::format;
use crate::shell::{Request, Shell};
use crate::theme::Tone;

/// A plan on the screen.
pub struct Plan {
    ticket: u64,
    pub new: NewOperation,
    pub target: Target,
    pub operation: Option<Operation>,
    pub error: Option<String>,
    /// The time since which the plan can be read.
    ready_at: Option<Instant>,
    asked_at: Instant,
    pub is_starting: bool,
}

/// A request about a plan; the answer is the plan as the daemon has it then.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanRequest {
    /// The ticket tells the answer from those to plans that were given up.
    Make {
        ticket: u64,
        new: NewOperation,
    },
    Read(OperationId),
    Rate(OperationId, u32),
    Turn(OperationId, Turn),
}

impl Request for PlanRequest {
    type Owner = DeadLetters;
    type Output = Operation;

    async fn send(&self, client: &Client) -> Reply<Operation> {
        match self {
            Self::Make { new, .. } => client.plan(new).await,
            Self::Read(id) => client.operation(*id).await,
            Self::Rate(id, rate) => client.set_rate(*id, *rate).await,
            Self::Turn(id, turn) => client.turn_operation(*id, *turn).await,
        }
    }

    fn answered(self, screen: &mut DeadLetters, reply: Reply<Operation>, cx: &mut Shell) {
        match (self, reply) {
            (Self::Make { ticket, .. }, reply) => screen.planned(ticket, reply, cx),
            (Self::Read(_), Ok(operation)) => screen.refresh_plan(&operation, cx.clock),
            (Self::Read(_), Err(_)) => {}
            (Self::Rate(..), Ok(operation)) => {
                screen.refresh_plan(&operation, cx.clock);
                let rate = format::count(operation.pace.rate_per_second.into());
                cx.say(Tone::Good, format!("At most {rate} messages per second"));
            }
            (Self::Rate(..), Err(e)) => cx.say(Tone::Bad, format!("Rate not changed: {e}")),
            (Self::Turn(id, turn), reply) => screen.plan_turned(id, turn, reply, cx),
        }
    }
}

impl Plan {
    /// The dry run still reads.
    pub fn is_looking(&self) -> bool {
        let state = self.operation.as_ref().map(|operation| operation.state);
        self.error.is_none() && state.is_none_or(|state| state == OperationState::Planning)
    }

    pub fn is_ready(&self) -> bool {
        let eligible = |o: &Operation| o.state == OperationState::Planned && o.eligible() > 0;
        self.error.is_none() && !self.is_starting && self.operation.as_ref().is_some_and(eligible)
    }

    pub fn name_to_type(&self) -> Option<String> {
        name_to_type(self.new.kind, &self.new.selection, self.target.queue.as_deref())
    }

    fn is_of(&self, id: OperationId) -> bool {
        self.operation.as_ref().is_some_and(|operation| operation.id == id)
    }

    fn take(&mut self, operation: Operation, clock: Clock) {
        if operation.state == OperationState::Planned {
            self.ready_at.get_or_insert(clock.instant);
        }
        self.operation = Some(operation);
    }

    /// The reason why `y` does not start it now.
    fn refusal(&self, cx: &Shell) -> Option<&'static str> {
        let is_ready = self.is_ready();
        Some(match &self.operation {
            _ if self.is_starting => "It is being started",
            _ if self.is_looking() => "Wait for the plan",
            Some(operation) if !is_ready && operation.eligible() == 0 => "The plan has no messages",
            _ if !is_ready => "This plan cannot be started",
            _ if cx.is_new(self.ready_at) => "The plan has just appeared; read it first",
            _ => return None,
        })
    }
}

/// The text to type (the name of the queue, or `all`) before a purge or an act on a whole queue.
pub fn name_to_type(kind: OperationKind, selection: &Selection, queue: Option<&str>) -> Option<String> {
    let all_of_queue = Selection {
        queue: selection.queue.clone(),
        ..Selection::default()
    };
    let is_asked = kind == OperationKind::Purge || *selection == all_of_queue;
    is_asked.then(|| queue.unwrap_or("all").to_owned())
}

impl DeadLetters {
    pub fn ask_for_plan(
        &mut self,
        kind: OperationKind,
        target: Target,
        reason: Option<String>,
        pace: Pace,
        cx: &mut Shell,
    ) {
        self.tickets += 1;
        let ticket = self.tickets;
        let new = NewOperation {
            kind,
            selection: target.selection.clone(),
            upper: Some(target.upper),
            reason,
            pace,
        };
        cx.write(PlanRequest::Make {
            ticket,
            new: new.clone(),
        });
        self.plan = Some(Plan {
            ticket,
            new,
            target,
            operation: None,
            error: None,
            ready_at: None,
            asked_at: cx.clock.instant,
            is_starting: false,
        });
        cx.ask(PlanPrompt::Look);
    }

    fn planned(&mut self, ticket: u64, reply: Reply<Operation>, cx: &mut Shell) {
        match (self.plan.as_mut().filter(|plan| plan.ticket == ticket), reply) {
            (Some(plan), Ok(operation)) => plan.take(operation, cx.clock),
            (Some(plan), Err(e)) => plan.error = Some(e.to_string()),
            // It was given up before it was there.
            (None, Ok(operation)) => cx.write(PlanRequest::Turn(operation.id, Turn::Cancel)),
            (None, Err(_)) => {}
        }
    }

    /// Takes the plan on the screen as the daemon has it now.
    pub fn refresh_plan(&mut self, operation: &Operation, clock: Clock) {
        if let Some(plan) = self.plan.as_mut().filter(|plan| plan.is_of(operation.id)) {
            plan.take(operation.clone(), clock);
        }
    }

    /// A dry run of a million takes a while; news of it may be lost with the link.
    pub fn ask_after_plan(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        if let Some(plan) = self.plan.as_mut().filter(|plan| plan.is_looking())
            && let Some(operation) = &plan.operation
            && cx.is_live()
            && now.saturating_duration_since(plan.asked_at) >= Duration::from_secs(1)
        {
            plan.asked_at = now;
            cx.read(PlanRequest::Read(operation.id));
        }
    }

    pub fn may_start(&self, cx: &mut Shell) -> bool {
        let Some(plan) = &self.plan else {
            return false;
        };
        match plan.refusal(cx) {
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
            plan.is_starting = true;
            cx.write(PlanRequest::Turn(operation.id, Turn::Start));
        }
    }

    pub fn discard_plan(&mut self, cx: &mut Shell) {
        let Some(plan) = self.plan.take() else {
            return;
        };
        if plan.is_starting {
            return cx.say(Tone::Warn, "Already started: 4 shows it, X there cancels it");
        }
        if !cx.is_live() {
            let words = "Nothing was done; the plan expires within an hour";
            return cx.say(Tone::Plain, words);
        }
        if let Some(operation) = plan.operation.filter(|operation| !operation.state.is_over()) {
            cx.write(PlanRequest::Turn(operation.id, Turn::Cancel));
        }
        cx.say(Tone::Plain, "Nothing was done; the plan is cancelled");
    }

    /// The answer to a start or a cancellation.
    fn plan_turned(&mut self, id: OperationId, turn: Turn, reply: Reply<Operation>, cx: &mut Shell) {
        let is_start = turn == Turn::Start;
        let started = self.plan.as_mut().filter(|plan| is_start && plan.is_of(id));
        match (reply, started) {
            (Ok(operation), started) => {
                if started.is_some() {
                    self.plan = None;
                    self.groups.clear_marks();
                    self.letters.clear_marks();
                    if cx.prompt_is::<PlanPrompt>() {
                        cx.prompt = None;
                    }
                }
                // Plans that were given up are cancelled without a word.
                if is_start || operation.started_at.is_some() {
                    let (kind, done) = (operation.kind.as_str(), turn.done());
                    cx.say(Tone::Good, format!("{kind} {done}; 4 shows it"));
                }
            }
            (Err(e), Some(plan)) => {
                plan.is_starting = false;
                plan.error = Some(format!("NOT started: {e}"));
            }
            (Err(e), None) => cx.say(Tone::Bad, format!("{}: {e}", turn.as_str())),
        }
    }
}
