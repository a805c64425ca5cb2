//! Keys over a plan: another pace, the name that has to be typed, yes and no.

use super::set_prompt;
use crate::shell::Shell;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::Pace;
use tradepost_common::overview::Role;

use super::Legacy;
use super::plan::PlanView;
use super::prompt::{Line, PlanStep, Prompt};
use super::typing::edit;
use crate::client::MAX_RATE;
use crate::input::parse_number;
use crate::state::input::{Typed, is_y};
use crate::state::message::Write;
use crate::theme::Tone;

impl Legacy {
    pub fn answer_plan(&mut self, cx: &mut Shell, step: PlanStep, typed: Typed) {
        let next = match step {
            PlanStep::Look => self.look_at_plan(cx, typed),
            PlanStep::Rate(line) => self.type_pace(cx, line, typed, PlanStep::Rate),
            PlanStep::Canary(line) => self.type_pace(cx, line, typed, PlanStep::Canary),
            PlanStep::Name(line) => self.type_name(cx, line, typed),
        };
        if let Some(step) = next
            && self.plan.is_some()
        {
            set_prompt(cx, Some(Prompt::Plan(step)));
        }
    }

    fn look_at_plan(&mut self, cx: &mut Shell, typed: Typed) -> Option<PlanStep> {
        match typed {
            Typed::Cancel => {
                self.give_plan_up(cx);
                return None;
            }
            Typed::Rate => return self.pace_step(|pace| pace.rate_per_second, PlanStep::Rate),
            Typed::Canary if self.plan.as_ref().is_some_and(|plan| plan.new.kind.sends()) => {
                return self.pace_step(|pace| pace.canary, PlanStep::Canary);
            }
            Typed::Yes if self.may_start(cx) => match self.plan.as_ref().and_then(PlanView::name_to_type) {
                Some(_) => return Some(PlanStep::Name(Line::default())),
                None => self.start_plan(cx),
            },
            _ => {}
        }
        Some(PlanStep::Look)
    }

    fn pace_step(&self, of: fn(&Pace) -> u32, step: fn(Line) -> PlanStep) -> Option<PlanStep> {
        let plan = self.plan.as_ref().filter(|plan| !plan.starting);
        Some(plan.map_or(PlanStep::Look, |plan| step(Line::new(&of(&plan.new.pace).to_string()))))
    }

    fn type_pace(
        &mut self,
        cx: &mut Shell,
        mut line: Line,
        typed: Typed,
        step: fn(Line) -> PlanStep,
    ) -> Option<PlanStep> {
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
        match parse_number(line.text(), least..=MAX_RATE) {
            Ok(n) => *place = n,
            Err(why) => {
                cx.say(Tone::Warn, why);
                return Some(step(line));
            }
        }
        match self.plan.as_ref().and_then(|plan| plan.operation.as_ref()) {
            Some(operation) if is_rate => self.change_rate(cx, operation.id, pace),
            _ => self.plan_again(cx, pace),
        }
        Some(PlanStep::Look)
    }

    fn change_rate(&mut self, cx: &mut Shell, id: OperationId, pace: Pace) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        if let Some(plan) = &mut self.plan {
            plan.new.pace = pace;
        }
        cx.write(Write::Rate(id, pace.rate_per_second));
    }

    /// Another canary is another plan: the one before is cancelled.
    fn plan_again(&mut self, cx: &mut Shell, pace: Pace) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        let Some(plan) = self.plan.take() else {
            return;
        };
        if let Some(operation) = &plan.operation {
            self.cancel_plan(cx, operation.id);
        }
        self.ask_for_plan(cx, plan.new.kind, plan.target, plan.new.reason, pace);
    }

    fn type_name(&mut self, cx: &mut Shell, mut line: Line, typed: Typed) -> Option<PlanStep> {
        let name = self.plan.as_ref().and_then(PlanView::name_to_type)?;
        match typed {
            Typed::Cancel => return Some(PlanStep::Look),
            // The name is complete: a further y is the answer and not text.
            typed if is_y(&typed) && line.text() == name => {
                if self.may_start(cx) {
                    self.start_plan(cx);
                }
                return Some(PlanStep::Look);
            }
            other => edit(&mut line, &other),
        }
        Some(PlanStep::Name(line))
    }
}
