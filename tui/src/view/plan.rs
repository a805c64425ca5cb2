//! The overlays before dead letters are acted on: the reason, the plan, the edit.

use ratatui::layout::Rect;
use tradepost_common::operations::{Operation, OperationState};

use crate::canvas::column::Column;
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::rows::operation::pace_in_words;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::plan::PlanView;
use crate::state::prompt::{Line, PlanStep};
use crate::state::redrive::DISCARD_REASONS;
use crate::theme::Tone;

/// Why they are given up: a template or a line of one's own.
pub fn draw_why(canvas: &mut Canvas<'_>, area: Rect, app: &Legacy, line: Option<&Line>) {
    let Some((kind, target)) = &app.giving_up else {
        return;
    };
    let title = format!("Why {} {}?", kind.as_str(), target.words);
    let inside = canvas.window(area, 64, 10, &title);
    let mut column = Column { canvas, rest: inside };
    for (i, reason) in DISCARD_REASONS.iter().enumerate() {
        column.line(&format!("{}  {reason}", i + 1), Tone::Plain);
    }
    column.rest = split_top(column.rest, 1).1;
    match line {
        Some(line) => {
            let shown = line.input.shown(usize::from(inside.width * 2).saturating_sub(11));
            column.lines(&format!("reason: {shown}"), Tone::Accent, 2);
            column.line("Enter makes the plan and acts on nothing · Esc: no", Tone::Dim);
        }
        None => {
            column.line("Contributors are told. m writes a reason of your own.", Tone::Dim);
            column.line("1-5 makes the plan and acts on nothing · Esc: no", Tone::Accent);
        }
    }
}

/// The act that the plan describes, and the question.
pub fn draw_plan(canvas: &mut Canvas<'_>, area: Rect, app: &Legacy, cx: &Shell, step: &PlanStep) {
    let Some(plan) = &app.plan else {
        return;
    };
    let title = format!("Plan: {} {}", plan.new.kind.as_str(), plan.target.words);
    let inside = canvas.window(area, 72, 14, &title);
    let (body, foot) = split_top(inside, inside.height.saturating_sub(2));
    let mut column = Column { canvas, rest: body };
    if let Some(operation) = &plan.operation {
        column.lines(&operation.what, Tone::Plain, 2);
    }
    let age = format::ago(plan.target.seen_at, cx.clock.utc);
    let seen = format::stamp(plan.target.seen_at);
    column.line(
        &format!("as seen at {seen} UTC, {age} ago; none that came later"),
        Tone::Dim,
    );
    if let Some(reason) = &plan.new.reason {
        column.lines(&format!("reason: {reason}"), Tone::Plain, 2);
    }
    match (&plan.error, &plan.operation) {
        (Some(why), _) => column.lines(why, Tone::Bad, 4),
        (None, None) => column.line("asking the daemon …", Tone::Dim),
        (None, Some(operation)) => draw_counts(&mut column, operation),
    }
    draw_question(canvas, foot, plan, step);
}

fn draw_counts(column: &mut Column<'_, '_>, operation: &Operation) {
    let count = |n| format::count(n);
    if operation.state == OperationState::Planning {
        let words = format!("looking at every message: {} so far …", count(operation.selected));
        return column.line(&words, Tone::Dim);
    }
    let verb = if operation.kind.sends() {
        "to be sent"
    } else {
        "to be given up"
    };
    let left_out = operation.selected - operation.eligible();
    column.line(
        &format!(
            "{} selected · {} {verb} · {} left out",
            count(operation.selected),
            count(operation.eligible()),
            count(left_out)
        ),
        Tone::Accent,
    );
    let room = usize::from(column.rest.height.saturating_sub(1));
    for left in operation.left_out.iter().take(room) {
        column.line(&format!("{:>9}  {}", count(left.messages), left.reason), Tone::Warn);
    }
    column.line(&pace_in_words(operation), Tone::Plain);
}

fn draw_question(canvas: &mut Canvas<'_>, area: Rect, plan: &PlanView, step: &PlanStep) {
    let (first, second) = split_top(area, 1);
    let name = plan.name_to_type();
    let (question, keys) = match step {
        PlanStep::Rate(line) => (
            format!("messages a second at most: {}", line.input.shown(20)),
            ENTER_PLANS,
        ),
        PlanStep::Canary(line) => (
            format!("so many first: {} (0: none)", line.input.shown(20)),
            ENTER_PLANS,
        ),
        PlanStep::Name(line) => {
            let name = name.as_deref().unwrap_or("all");
            let keys = if line.text() == name {
                "y STARTS it · Esc: no"
            } else {
                "then y · Esc: no"
            };
            (format!("type {name} to go on: {}", line.input.shown(30)), keys)
        }
        PlanStep::Look => (question(plan, name.as_deref()), look_keys(plan)),
    };
    canvas.line(first, &question, Tone::Accent);
    canvas.line(second, keys, Tone::Dim);
}

const ENTER_PLANS: &str = "Enter changes the plan and starts nothing · Esc leaves it";

fn question(plan: &PlanView, name: Option<&str>) -> String {
    let state = plan.operation.as_ref().map(|o| (o.state, o.eligible()));
    match state {
        _ if plan.error.is_some() => "This cannot be started.".to_owned(),
        _ if plan.starting => "starting …".to_owned(),
        _ if plan.is_looking() => "Nothing is touched yet.".to_owned(),
        Some((OperationState::Planned, 0)) => "There is nothing to act on.".to_owned(),
        Some((OperationState::Planned, _)) => match name {
            Some(name) => format!("Start it? y, then type {name}"),
            None => "Start it?".to_owned(),
        },
        Some((other, _)) => format!("It is {} by now.", other.as_str()),
        None => String::new(),
    }
}

fn look_keys(plan: &PlanView) -> &'static str {
    match (plan.is_ready(), plan.new.kind.sends()) {
        (true, true) => "y starts it · r rate · c canary · Esc or n: no",
        (true, false) => "y starts it · r rate · Esc or n: no",
        (false, true) => "r rate · c canary · Esc: no",
        (false, false) => "r rate · Esc: no",
    }
}
