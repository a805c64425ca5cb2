//! Screen 4: what operators started, newest first.

use ratatui::layout::Rect;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationState};

use super::facts;
use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::table::{Cell, Column, Key, Place, Row, Width};
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
    ),
    Col::left(
        "STATE",
        Width::Fixed(9),
        |o, _| state(o.state),
        |o| Key::count(o.state as i64),
    ),
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
        |o, _| Cell::new(format!("{} {:>3}%", bar(o, 5), percent(o)), Tone::Accent),
        |o| Key::count(percent(o)),
    )
    .only(Place::Screen),
    Col::right(
        "OF",
        Width::Fixed(13),
        |o, _| Cell::plain(format!("{}/{}", format::count(o.acted), format::count(o.eligible()))),
        |o| Key::count(o.eligible()),
    ),
    Col::right("RATE", Width::Fixed(5), |o, _| rate(o), |o| Key::Number(o.rate)),
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
    ),
    Col::right(
        "AGAIN",
        Width::Fixed(5),
        |o, _| Cell::number(o.refailed, Tone::Bad),
        |o| Key::count(o.refailed),
    ),
    Col::left(
        "WHAT",
        Width::Grow(8),
        |o, _| Cell::plain(&o.what),
        |o| Key::text(&o.what),
    ),
    Col::left(
        "WHO",
        Width::Fixed(8),
        |o, _| Cell::plain(&o.actor),
        |o| Key::text(&o.actor),
    )
    .rank(2),
    Col::right(
        "AGE",
        Width::Fixed(5),
        |o, now| Cell::dim(format::ago(o.created_at, now)),
        |o| Key::time(o.created_at),
    )
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

/// The same as a bar of so many cells.
pub fn bar(operation: &Operation, cells: usize) -> String {
    let full = (percent(operation) as usize * cells / 100).min(cells);
    format!("{}{}", "█".repeat(full), "░".repeat(cells - full))
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

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let list = &mut app.operations.paged;
    let (head, rest) = split_top(area, 1);
    let more = paged_suffix(list);
    canvas.heading(
        head,
        &format!("Operations {} · Tab campaigns", listing::position(&list.list, &more)),
    );
    let (table, detail) = split_top(rest, rest.height.saturating_sub(6));
    let empty = list.error.clone().unwrap_or_else(|| match list.read_at {
        None => "reading …".to_owned(),
        Some(_) => "no operation yet: R on dead letters (3) plans one".to_owned(),
    });
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    cx.rows_area = listing::draw(canvas, table, &mut list.list, &look);
    if let Some(operation) = list.list.selected() {
        let (head, below) = split_top(detail, 1);
        canvas.heading(head, &facts::title(operation));
        facts::draw(canvas, below, operation);
    }
}
