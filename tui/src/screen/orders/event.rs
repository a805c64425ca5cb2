//! Events of an order as rows.

use tradepost_common::orders::{StoryEvent, StorySource};

use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// An event and its place in the story.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    pub index: usize,
    pub event: StoryEvent,
}

impl EventRow {
    pub fn all(events: &[StoryEvent]) -> Vec<Self> {
        let numbered = events.iter().cloned().enumerate();
        numbered.map(|(index, event)| Self { index, event }).collect()
    }
}

impl Row for EventRow {
    type Id = usize;

    fn id(&self) -> usize {
        self.index
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<EventRow>;

static COLUMNS: [Col; 4] = [
    Col::left(
        "TIME (UTC)",
        Width::Fixed(14),
        |r, _| Cell::dim(format::stamp(r.event.at)),
        |r| Key::count(r.index as i64),
    ),
    Col::left(
        "SOURCE",
        Width::Fixed(8),
        |r, _| Cell::new(r.event.source.as_str(), source_tone(r.event.source)),
        |r| Key::text(r.event.source.as_str()),
    ),
    Col::left(
        "EVENT",
        Width::Grow(16),
        |r, _| Cell::new(&r.event.what, if r.event.is_fault { Tone::Bad } else { Tone::Plain }),
        |r| Key::text(&r.event.what),
    ),
    Col::left(
        "DETAIL",
        Width::Grow(12),
        |r, _| {
            Cell::dim(
                r.event
                    .details
                    .iter()
                    .map(|detail| detail.trim())
                    .collect::<Vec<_>>()
                    .join(" · "),
            )
        },
        |r| Key::text(r.event.details.join(" ")),
    )
    .rank(1),
];

fn source_tone(source: StorySource) -> Tone {
    match source {
        StorySource::Order | StorySource::Operator => Tone::Accent,
        _ => Tone::Dim,
    }
}
