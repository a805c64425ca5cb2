//! The box over the screen that shows a plan: another pace, the name that has to be typed, yes and no.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use tradepost_common::operations::{Operation, OperationState};
use tradepost_common::overview::Role;

use super::DeadLetters;
use super::plan::{Plan, PlanRequest};
use crate::canvas::Canvas;
use crate::canvas::column::Column;
use crate::client::{MAX_RATE, Turn};
use crate::format::{self, count};
use crate::input::{Input, parse_number};
use crate::rows::operation::pace_in_words;
use crate::shell::{Placement, Prompt, Shell, plain};
use crate::theme::Tone;

/// The step of the dialogue about the plan on the screen.
#[derive(Debug)]
pub enum PlanPrompt {
    Look,
    /// Another pace is typed.
    Pace(Limit, Input),
    /// The name of the queue, or `all`, is typed by hand before the whole of it is acted on: pasted text is not taken.
    Name(Input),
}

/// A number of the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Rate,
    Canary,
}

impl Prompt for PlanPrompt {
    type Owner = DeadLetters;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(self, key: KeyEvent, screen: &mut DeadLetters, cx: &mut Shell) -> Option<Self> {
        let next = match self {
            Self::Look => screen.look_at_plan(key, cx),
            Self::Pace(limit, input) => screen.type_pace(limit, input, key, cx),
            Self::Name(input) => screen.type_name(input, key, cx),
        };
        screen.plan.is_some().then_some(next)
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        match self {
            Self::Pace(_, input) => Some(input),
            Self::Look | Self::Name(_) => None,
        }
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, screen: &mut DeadLetters, cx: &Shell) {
        if let Some(plan) = &screen.plan {
            plan.draw(canvas, area, self, cx);
        }
    }

    fn is_question(&self) -> bool {
        !matches!(self, Self::Pace(..))
    }
}

impl DeadLetters {
    fn look_at_plan(&mut self, key: KeyEvent, cx: &mut Shell) -> PlanPrompt {
        let Some(plan) = &self.plan else {
            return PlanPrompt::Look;
        };
        let pace = plan.new.pace;
        let typed = |limit, number: u32| PlanPrompt::Pace(limit, Input::new(&number.to_string()));
        match plain(key) {
            Some(KeyCode::Esc | KeyCode::Char('q' | 'n')) => self.discard_plan(cx),
            Some(KeyCode::Char('r')) if !plan.is_starting => return typed(Limit::Rate, pace.rate_per_second),
            Some(KeyCode::Char('c')) if !plan.is_starting && plan.new.kind.sends() => {
                return typed(Limit::Canary, pace.canary);
            }
            Some(KeyCode::Char('y')) if self.may_start(cx) => match plan.name_to_type() {
                Some(_) => return PlanPrompt::Name(Input::default()),
                None => self.start_plan(cx),
            },
            _ => {}
        }
        PlanPrompt::Look
    }

    fn type_pace(&mut self, limit: Limit, mut input: Input, key: KeyEvent, cx: &mut Shell) -> PlanPrompt {
        match key.code {
            KeyCode::Esc => return PlanPrompt::Look,
            KeyCode::Enter => {}
            _ => {
                input.key(key);
                return PlanPrompt::Pace(limit, input);
            }
        }
        let least = match limit {
            Limit::Rate => 1,
            Limit::Canary => 0,
        };
        match parse_number(input.text(), least..=MAX_RATE) {
            Ok(number) if cx.may_write(Role::Operator) => self.set_pace(limit, number, cx),
            Ok(_) => {}
            Err(why) => {
                cx.say(Tone::Warn, why);
                return PlanPrompt::Pace(limit, input);
            }
        }
        PlanPrompt::Look
    }

    /// The rate of a plan can be changed. Another canary is another plan: the one before is cancelled.
    fn set_pace(&mut self, limit: Limit, number: u32, cx: &mut Shell) {
        let Some(mut plan) = self.plan.take() else {
            return;
        };
        match limit {
            Limit::Rate => plan.new.pace.rate_per_second = number,
            Limit::Canary => plan.new.pace.canary = number,
        }
        let id = plan.operation.as_ref().map(|operation| operation.id);
        if let (Limit::Rate, Some(id)) = (limit, id) {
            cx.write(PlanRequest::Rate(id, number));
            self.plan = Some(plan);
            return;
        }
        if let Some(id) = id {
            cx.write(PlanRequest::Turn(id, Turn::Cancel));
        }
        self.ask_for_plan(plan.new.kind, plan.target, plan.new.reason, plan.new.pace, cx);
    }

    fn type_name(&mut self, mut input: Input, key: KeyEvent, cx: &mut Shell) -> PlanPrompt {
        let name = self.plan.as_ref().and_then(Plan::name_to_type);
        match key.code {
            KeyCode::Esc => return PlanPrompt::Look,
            // The name is complete: a further y is the answer and not text.
            KeyCode::Char('y') if plain(key).is_some() && name.as_deref() == Some(input.text()) => {
                if self.may_start(cx) {
                    self.start_plan(cx);
                }
                return PlanPrompt::Look;
            }
            _ => input.key(key),
        }
        PlanPrompt::Name(input)
    }
}

impl Plan {
    /// The act that the plan describes, and the question.
    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, prompt: &PlanPrompt, cx: &Shell) {
        let title = format!("Plan: {} {}", self.new.kind.as_str(), self.target.words);
        let inside = canvas.window(area, 72, 14, &title);
        let heights = [Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)];
        let [body, first, second] = Layout::vertical(heights).areas(inside);
        let mut column = Column { canvas, rest: body };
        if let Some(operation) = &self.operation {
            column.lines(&operation.what, Tone::Plain, 2);
        }
        let (seen, age) = (
            format::stamp(self.target.seen_at),
            format::ago(self.target.seen_at, cx.clock.utc),
        );
        let words = format!("as listed at {seen} UTC, {age} ago; nothing newer");
        column.line(&words, Tone::Dim);
        if let Some(reason) = &self.new.reason {
            column.lines(&format!("reason: {reason}"), Tone::Plain, 2);
        }
        match (&self.error, &self.operation) {
            (Some(why), _) => column.lines(why, Tone::Bad, 4),
            (None, None) => column.line("Planning …", Tone::Dim),
            (None, Some(operation)) => draw_counts(&mut column, operation),
        }
        let (question, keys) = self.question(prompt);
        canvas.line(first, &question, Tone::Accent);
        canvas.line(second, keys, Tone::Dim);
    }

    /// The question and its keys.
    fn question(&self, prompt: &PlanPrompt) -> (String, &'static str) {
        let name = self.name_to_type().unwrap_or_default();
        let shown = |input: &Input| input.shown(20);
        match prompt {
            PlanPrompt::Pace(Limit::Rate, input) => (format!("Messages per second: {}", shown(input)), ENTER_PLANS),
            PlanPrompt::Pace(Limit::Canary, input) => (
                format!("Messages of the canary: {} (0: none)", shown(input)),
                ENTER_PLANS,
            ),
            PlanPrompt::Name(input) => {
                let keys = match input.text() == name {
                    true => "y START · Esc cancel",
                    false => "then y · Esc cancel",
                };
                (format!("Type {name} to continue: {}", input.shown(30)), keys)
            }
            PlanPrompt::Look => {
                let keys = match (self.is_ready(), self.new.kind.sends()) {
                    (true, true) => "y start · r rate · c canary · Esc cancel",
                    (true, false) => "y start · r rate · Esc cancel",
                    (false, true) => "r rate · c canary · Esc cancel",
                    (false, false) => "r rate · Esc cancel",
                };
                (self.in_question(), keys)
            }
        }
    }

    fn in_question(&self) -> String {
        let state = self.operation.as_ref().map(|o| (o.state, o.eligible()));
        match (state, self.name_to_type()) {
            _ if self.error.is_some() => "This cannot be started.".to_owned(),
            _ if self.is_starting => "Starting …".to_owned(),
            _ if self.is_looking() => "Nothing is changed yet.".to_owned(),
            (Some((OperationState::Planned, 0)), _) => "The plan has no messages.".to_owned(),
            (Some((OperationState::Planned, _)), Some(name)) => format!("Start it? y, then type {name}"),
            (Some((OperationState::Planned, _)), None) => "Start it?".to_owned(),
            (Some((other, _)), _) => format!("It is {} now.", other.as_str()),
            (None, _) => String::new(),
        }
    }
}

const ENTER_PLANS: &str = "Enter plan again (starts nothing) · Esc cancel";

fn draw_counts(column: &mut Column<'_, '_>, operation: &Operation) {
    let (selected, eligible) = (operation.selected, operation.eligible());
    if operation.state == OperationState::Planning {
        let words = format!("Planning: {} messages so far …", count(selected));
        return column.line(&words, Tone::Dim);
    }
    let verb = match operation.kind.sends() {
        true => "to be sent",
        false => "to be discarded",
    };
    let words = format!(
        "{} selected · {} {verb} · {} skipped",
        count(selected),
        count(eligible),
        count(selected - eligible)
    );
    column.line(&words, Tone::Accent);
    let room = usize::from(column.rest.height.saturating_sub(1));
    for left in operation.left_out.iter().take(room) {
        let words = format!("{:>9}  {}", count(left.messages), left.reason);
        column.line(&words, Tone::Warn);
    }
    column.line(&pace_in_words(operation), Tone::Plain);
}
