//! Operations as rows: the screens and subcommands of operations and of dead letters show them.

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationColumn, OperationState};

use crate::format;
use crate::plain::{Styling, paint};
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::text;
use crate::theme::Tone;

impl Row for Operation {
    type Id = OperationId;

    fn id(&self) -> OperationId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<Operation>;

static COLUMNS: [Col; 14] = [
    Col::left(
        "OPERATION",
        Width::Fixed(36),
        |o, _| Cell::plain(o.id.to_string()),
        |o| Key::text(o.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "KIND",
        Width::Fixed(7),
        |o, _| Cell::plain(o.kind.as_str()),
        |o| Key::text(o.kind.as_str()),
    )
    .sorted_as(OperationColumn::Kind.as_str()),
    Col::left(
        "STATE",
        Width::Fixed(9),
        |o, _| state(o.state),
        |o| Key::count(o.state as i64),
    )
    .sorted_as(OperationColumn::State.as_str()),
    Col::left(
        "PHASE",
        Width::Fixed(6),
        |o, _| Cell::dim(o.phase.filter(|_| !o.state.is_over()).map_or("", |p| p.as_str())),
        |o| Key::text(o.phase.map_or("", |p| p.as_str())),
    )
    .rank(4),
    Col::left(
        "DONE",
        Width::Fixed(10),
        |o, _| {
            Cell::new(
                format!("{} {:>3}%", format::bar(percent(o), 5), percent(o)),
                Tone::Accent,
            )
        },
        |o| Key::count(percent(o)),
    )
    .only(Place::Screen),
    Col::right(
        "TOTAL",
        Width::Fixed(13),
        |o, _| Cell::plain(format!("{}/{}", format::count(o.acted), format::count(o.eligible()))),
        |o| Key::count(o.eligible()),
    )
    .sorted_as(OperationColumn::Total.as_str()),
    Col::right("RATE", Width::Fixed(5), |o, _| rate(o), |o| Key::Number(o.rate))
        .sorted_as(OperationColumn::Rate.as_str()),
    Col::right(
        "ETA",
        Width::Fixed(5),
        |o, _| eta(o),
        |o| Key::Number(o.eta_seconds.unwrap_or(-1.0)),
    ),
    Col::right(
        "OK",
        Width::Fixed(6),
        |o, _| Cell::number(o.succeeded, Tone::Good),
        |o| Key::count(o.succeeded),
    )
    .sorted_as(OperationColumn::Succeeded.as_str())
    .rank(1),
    Col::right(
        "REFAILED",
        Width::Fixed(8),
        |o, _| Cell::number(o.refailed, Tone::Bad),
        |o| Key::count(o.refailed),
    )
    .sorted_as(OperationColumn::Refailed.as_str()),
    Col::left(
        "TARGET",
        Width::Grow(14),
        |o, _| Cell::plain(&o.what),
        |o| Key::text(&o.what),
    )
    .sorted_as(OperationColumn::Target.as_str()),
    Col::left(
        "USER",
        Width::Grow(6),
        |o, _| Cell::plain(&o.actor),
        |o| Key::text(&o.actor),
    )
    .sorted_as(OperationColumn::User.as_str())
    .rank(2),
    Col::right(
        "AGE",
        Width::Fixed(5),
        |o, now| Cell::dim(format::ago(o.created_at, now)),
        |o| Key::time(o.created_at),
    )
    .sorted_as(OperationColumn::Created.as_str())
    .rank(3),
    Col::left(
        "NOTE",
        Width::Grow(8),
        |o, _| Cell::new(o.note.as_deref().unwrap_or(""), Tone::Warn),
        |o| Key::text(o.note.clone().unwrap_or_default()),
    )
    .rank(5),
];

/// The word of a state; capitals for what wants somebody.
pub fn state(state: OperationState) -> Cell {
    match state {
        OperationState::Planning | OperationState::Planned => Cell::dim(state.as_str()),
        OperationState::Running => Cell::new("running", Tone::Accent),
        OperationState::Waiting => Cell::new("WAITING", Tone::Warn),
        OperationState::Paused => Cell::new("PAUSED", Tone::Warn),
        OperationState::Stopped => Cell::new("STOPPED", Tone::Bad),
        OperationState::Cancelled => Cell::dim("cancelled"),
        OperationState::Done => Cell::new("done", Tone::Good),
        OperationState::Failed => Cell::new("FAILED", Tone::Bad),
    }
}

/// Share of the work that is done, 0 to 100; 100 only when all is.
pub fn percent(operation: &Operation) -> i64 {
    match operation.eligible() {
        0 if operation.state == OperationState::Done => 100,
        0 => 0,
        all => (operation.acted * 100 / all).clamp(0, 100),
    }
}

fn rate(operation: &Operation) -> Cell {
    match operation.state {
        OperationState::Running => Cell::plain(format::rate(operation.rate)),
        _ => Cell::dim("-"),
    }
}

fn eta(operation: &Operation) -> Cell {
    match operation.eta_seconds {
        Some(left) if operation.state == OperationState::Running => Cell::plain(format::span(left)),
        _ => Cell::dim("-"),
    }
}

/// `redrive 43 %, 1,980/s, 28s`: for the foot of other screens.
pub fn in_short(operation: &Operation) -> String {
    let mut words = format!("{} {} %", operation.kind.as_str(), percent(operation));
    match operation.state {
        OperationState::Running => {
            words.push_str(&format!(", {}/s", format::count(operation.rate.round() as i64)));
            if let Some(left) = operation.eta_seconds {
                words.push_str(&format!(", {}", format::span(left)));
            }
        }
        other => words.push_str(&format!(", {}", state(other).text)),
    }
    words
}

/// `redrive of render is done: 1,980 succeeded, 20 failed again`.
pub fn outcome(operation: &Operation) -> String {
    let mut words = format!(
        "{} of {} is {}: ",
        operation.kind.as_str(),
        operation.what,
        operation.state.as_str()
    );
    if operation.kind.sends() {
        let (good, bad) = (format::count(operation.succeeded), format::count(operation.refailed));
        words.push_str(&format!("{good} succeeded, {bad} failed again"));
    } else {
        words.push_str(&format!("{} acted on", format::count(operation.acted)));
    }
    if let Some(note) = &operation.note {
        words.push_str(&format!("; {note}"));
    }
    words
}

/// ` (ramp)`, while it is on its way.
pub fn phase_in_words(operation: &Operation) -> String {
    let phase = operation.phase.filter(|_| !operation.state.is_over());
    phase.map_or(String::new(), |phase| format!(" ({})", phase.as_str()))
}

/// `at most 100/s, 10 first, stops above 20 % failures`.
pub fn pace_in_words(operation: &Operation) -> String {
    let pace = &operation.pace;
    let mut words = format!("at most {}/s", format::count(pace.rate_per_second.into()));
    if operation.kind.sends() {
        match pace.canary {
            0 => words.push_str(", no canary"),
            n => words.push_str(&format!(
                ", {} first and watched for {} s",
                format::count(n.into()),
                pace.canary_wait_seconds
            )),
        }
        match pace.stop_at_percent {
            100 => words.push_str(", never stops"),
            n => words.push_str(&format!(", stops above {n} % failures")),
        }
    }
    words
}

/// An operation in full, or a plan.
pub fn in_text(operation: &Operation, styling: Styling) -> String {
    let shown = state(operation.state);
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| out.push_str(&format!("{name:<12} {value}\n"));
    fact("operation", &operation.id.to_string());
    fact("kind", operation.kind.as_str());
    fact("target", &text::clean(&operation.what));
    let phase = phase_in_words(operation);
    fact("state", &format!("{}{phase}", paint(&shown.text, shown.tone, styling)));
    fact("by", &text::clean(&operation.actor));
    if let Some(reason) = &operation.reason {
        fact("reason", &text::clean(reason));
    }
    fact("rate", &pace_in_words(operation));
    fact("selected", &operation.selected.to_string());
    fact("to act on", &operation.eligible().to_string());
    fact("acted on", &operation.acted.to_string());
    if operation.kind.sends() {
        fact("succeeded", &operation.succeeded.to_string());
        fact("failed again", &operation.refailed.to_string());
    }
    if let Some(note) = &operation.note {
        fact("note", &paint(&text::clean(note), Tone::Warn, styling));
    }
    if !operation.left_out.is_empty() {
        out.push_str("\nSKIPPED\n");
    }
    for left in &operation.left_out {
        out.push_str(&format!("{:>9}  {}\n", left.messages, text::clean(&left.reason)));
    }
    out
}
