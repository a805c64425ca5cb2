//! Queues as rows: the overview's subcommand shows them too.

use tradepost_common::queues::QueueRow;

use crate::format;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for QueueRow {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<QueueRow>;

static COLUMNS: [Col; 18] = [
    Col::left(
        "QUEUE",
        Width::Grow(7),
        |q, _| Cell::plain(&q.name),
        |q| Key::text(&q.name),
    ),
    Col::left(
        "STATE",
        Width::Fixed(7),
        |q, _| state(q),
        |q| Key::count(i64::from(!q.paused)),
    ),
    Col::right(
        "READY",
        Width::Fixed(7),
        |q, _| Cell::number(q.depth, Tone::Plain),
        |q| Key::count(q.depth),
    ),
    Col::right(
        "IN FLIGHT",
        Width::Fixed(9),
        |q, _| Cell::number(q.in_flight, Tone::Plain),
        |q| Key::count(q.in_flight),
    )
    .rank(1),
    Col::right(
        "DELAYED",
        Width::Fixed(7),
        |q, _| Cell::number(q.delayed, Tone::Plain),
        |q| Key::count(q.delayed),
    )
    .rank(1),
    Col::right("DEAD", Width::Fixed(7), |q, _| dead(q.dead), |q| Key::count(q.dead)).only(Place::Screen),
    Col::right(
        "DEAD",
        Width::Fixed(9),
        |q, _| Cell::number(q.dead, Tone::Bad),
        |q| Key::count(q.dead),
    )
    .only(Place::Print),
    Col::right(
        "OLDEST",
        Width::Fixed(6),
        |q, _| oldest(q),
        |q| Key::Number(q.oldest_age_seconds.unwrap_or(-1.0)),
    ),
    Col::right(
        "IN/s",
        Width::Fixed(5),
        |q, _| Cell::plain(format::rate(q.sent_per_second)),
        |q| Key::Number(q.sent_per_second),
    )
    .rank(1),
    Col::right(
        "OUT/s",
        Width::Fixed(5),
        |q, _| Cell::plain(format::rate(q.done_per_second)),
        |q| Key::Number(q.done_per_second),
    ),
    Col::right(
        "FAIL/s",
        Width::Fixed(6),
        |q, _| failing(q),
        |q| Key::Number(q.failed_per_second),
    )
    .rank(2),
    Col::right(
        "BUSY",
        Width::Fixed(6),
        |q, _| busy(q),
        |q| Key::count(i64::from(q.working)),
    ),
    Col::right(
        "WORKERS",
        Width::Fixed(7),
        |q, _| Cell::number(q.workers.into(), Tone::Plain),
        |q| Key::count(i64::from(q.workers)),
    )
    .rank(3),
    Col::left(
        "IN 60 s",
        Width::GrowChart(8),
        |q, _| Cell::new(format::chart(&q.sent_history), Tone::Accent),
        |q| Key::count(q.sent_history.iter().map(|&n| i64::from(n)).sum()),
    )
    .rank(5)
    .only(Place::Screen),
    Col::left(
        "OUT 60 s",
        Width::GrowChart(8),
        |q, _| Cell::new(format::chart(&q.done_history), Tone::Good),
        |q| Key::count(q.done_history.iter().map(|&n| i64::from(n)).sum()),
    )
    .rank(4)
    .only(Place::Screen),
    Col::left(
        "BACKEND",
        Width::Fixed(8),
        |q, _| Cell::dim(q.backend.as_str()),
        |q| Key::text(q.backend.as_str()),
    )
    .rank(6),
    Col::left(
        "PAUSED BY",
        Width::Grow(9),
        |q, _| Cell::plain(q.paused_by.as_deref().unwrap_or("")),
        |q| Key::text(q.paused_by.clone().unwrap_or_default()),
    )
    .rank(7),
    Col::left(
        "SET BY",
        Width::Grow(8),
        |q, _| Cell::plain(q.concurrency_by.as_deref().unwrap_or("")),
        |q| Key::text(q.concurrency_by.clone().unwrap_or_default()),
    )
    .rank(8),
];

fn state(queue: &QueueRow) -> Cell {
    if queue.paused {
        Cell::new("PAUSED", Tone::Warn)
    } else {
        Cell::new("running", Tone::Good)
    }
}

/// Rounds millions, to fit a narrow column.
fn dead(letters: i64) -> Cell {
    match letters {
        ..1_000_000 => Cell::number(letters, Tone::Bad),
        _ => Cell::new(format!("{:.2}M", letters as f64 / 1e6), Tone::Bad),
    }
}

fn oldest(queue: &QueueRow) -> Cell {
    match queue.oldest_age_seconds {
        Some(age) if age >= 60.0 => Cell::new(format::span(age), Tone::Warn),
        Some(age) => Cell::plain(format::span(age)),
        None => Cell::dim("-"),
    }
}

fn failing(queue: &QueueRow) -> Cell {
    let tone = if queue.failed_per_second > 0.0 {
        Tone::Bad
    } else {
        Tone::Dim
    };
    Cell::new(format::rate(queue.failed_per_second), tone)
}

fn busy(queue: &QueueRow) -> Cell {
    let tone = if queue.working == 0 { Tone::Dim } else { Tone::Plain };
    // An operator has set it.
    let mark = if queue.concurrency_by.is_some() { "*" } else { "" };
    Cell::new(format!("{}/{}{mark}", queue.working, queue.concurrency), tone)
}
