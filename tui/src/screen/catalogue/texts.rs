//! Texts that were searched for in vain, or slowly, as rows.

use serde::Serialize;
use tradepost_common::search::{SearchQueries, SearchedText};

use crate::canvas::document::Document;
use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// A text, and why operators should know of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextRow {
    pub why: &'static str,
    #[serde(flatten)]
    pub searched: SearchedText,
}

const NOTHING: &str = "nothing";

impl TextRow {
    /// Those that found nothing first.
    pub fn all(texts: &SearchQueries) -> Vec<Self> {
        let row = |why| {
            move |searched: &SearchedText| Self {
                why,
                searched: searched.clone(),
            }
        };
        let nothing = texts.found_nothing.iter().map(row(NOTHING));
        nothing.chain(texts.slow.iter().map(row("slow"))).collect()
    }
}

impl Row for TextRow {
    type Id = String;

    fn id(&self) -> String {
        format!("{} {}", self.why, self.searched.text)
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<TextRow>;

static COLUMNS: [Col; 4] = [
    Col::left(
        "TEXT",
        Width::Grow(20),
        |row, _| Cell::plain(&row.searched.text),
        |row| Key::text(&row.searched.text),
    ),
    Col::left(
        "FOUND",
        Width::Fixed(7),
        |row, _| Cell::new(row.why, if row.why == NOTHING { Tone::Warn } else { Tone::Accent }),
        |row| Key::text(row.why),
    ),
    Col::right(
        "TIMES",
        Width::Fixed(6),
        |row, _| Cell::number(row.searched.times, Tone::Plain),
        |row| Key::count(row.searched.times),
    ),
    Col::right(
        "SLOWEST",
        Width::Fixed(8),
        |row, _| Cell::plain(format!("{} ms", row.searched.slowest_ms)),
        |row| Key::count(row.searched.slowest_ms.into()),
    )
    .rank(1),
];

pub fn document(row: &TextRow) -> Document {
    let mut document = Document::new(&row.searched.text);
    document.fact("searched", format::plural(row.searched.times, "time", "times"));
    document.fact("slowest", format!("{} ms", row.searched.slowest_ms));
    let words = match row.why {
        NOTHING => "Nothing was found for it in the last day: a tag may be missing.",
        _ => "It took longer than 100 ms in the last day.",
    };
    document.words(words, Tone::Dim);
    document
}
