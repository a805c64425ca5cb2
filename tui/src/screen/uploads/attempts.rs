//! Failed attempts of an upload's messages, as rows.

use tradepost_common::queues::{Attempt, AttemptOutcome};

use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// An attempt and its place in the daemon's order, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRow {
    pub index: usize,
    pub attempt: Attempt,
}

impl AttemptRow {
    pub fn all(attempts: &[Attempt]) -> Vec<Self> {
        attempts
            .iter()
            .cloned()
            .enumerate()
            .map(|(index, attempt)| Self { index, attempt })
            .collect()
    }
}

impl Row for AttemptRow {
    type Id = usize;

    fn id(&self) -> usize {
        self.index
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<AttemptRow>;

static COLUMNS: [Col; 7] = [
    Col::left(
        "TIME (UTC)",
        Width::Fixed(14),
        |r, _| Cell::dim(format::stamp(r.attempt.at)),
        |r| Key::Number(r.attempt.at.unix_timestamp() as f64),
    )
    .rank(1),
    Col::left(
        "QUEUE",
        Width::Fixed(7),
        |r, _| Cell::plain(&r.attempt.queue),
        |r| Key::Text(r.attempt.queue.clone()),
    ),
    Col::right(
        "ATTEMPT",
        Width::Fixed(7),
        |r, _| Cell::plain(r.attempt.attempt.to_string()),
        |r| Key::Number(f64::from(r.attempt.attempt)),
    ),
    Col::left(
        "OUTCOME",
        Width::Fixed(7),
        |r, _| match r.attempt.outcome {
            AttemptOutcome::Dead => Cell::new("DEAD", Tone::Bad),
            AttemptOutcome::Retry => Cell::new("retry", Tone::Warn),
        },
        |r| Key::text(r.attempt.outcome.as_str()),
    ),
    Col::right(
        "TOOK",
        Width::Fixed(7),
        |r, _| Cell::dim(format::took(r.attempt.duration_ms as f64 / 1000.0)),
        |r| Key::Number(r.attempt.duration_ms as f64),
    )
    .rank(3),
    Col::left(
        "FILE",
        Width::GrowPath(14),
        |r, _| Cell::plain(r.attempt.file.as_deref().unwrap_or("")),
        |r| Key::Text(r.attempt.file.clone().unwrap_or_default()),
    )
    .rank(2),
    Col::left(
        "ERROR",
        Width::Grow(24),
        |r, _| Cell::plain(&r.attempt.error),
        |r| Key::Text(r.attempt.error.clone()),
    ),
];
