//! Tables as data: what a column is called, what it shows, how it sorts. The screens and the
//! command line print the same columns.

mod layout;

pub use layout::{Content, Layout, Slot, layout};

use std::cmp::Ordering;

use time::OffsetDateTime;

use crate::{text, theme::Tone};

/// Something that is shown as a line of a table.
pub trait Row: Sized + 'static {
    /// Stays the same when the row changes.
    type Id: Clone + Eq + Ord + std::fmt::Debug + std::fmt::Display;

    fn id(&self) -> Self::Id;
    fn columns() -> &'static [Column<Self>];
}

/// One column of a table of `R`.
pub struct Column<R> {
    pub title: &'static str,
    pub align: Align,
    pub width: Width,
    /// Columns with a larger number go first when there is no room; 0 stays unless it is empty.
    pub rank: u8,
    pub place: Place,
    /// The name by which the daemon sorts, in lists that it sorts.
    pub sorted_as: Option<&'static str>,
    pub cell: fn(&R, OffsetDateTime) -> Cell,
    pub key: fn(&R) -> Key,
}

impl<R> Column<R> {
    pub const fn left(
        title: &'static str,
        width: Width,
        cell: fn(&R, OffsetDateTime) -> Cell,
        key: fn(&R) -> Key,
    ) -> Self {
        Self {
            title,
            align: Align::Left,
            width,
            rank: 0,
            place: Place::Everywhere,
            sorted_as: None,
            cell,
            key,
        }
    }

    pub const fn right(
        title: &'static str,
        width: Width,
        cell: fn(&R, OffsetDateTime) -> Cell,
        key: fn(&R) -> Key,
    ) -> Self {
        Self {
            align: Align::Right,
            ..Self::left(title, width, cell, key)
        }
    }

    /// May go when there is no room; larger ranks go first.
    pub const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The daemon sorts the list by this column, by that name.
    pub const fn sorted_as(self, name: &'static str) -> Self {
        Self {
            sorted_as: Some(name),
            ..self
        }
    }

    pub const fn only(self, place: Place) -> Self {
        Self { place, ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// The output that has a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Everywhere,
    /// On the command line only: ids that programs want.
    Print,
    /// On the screen only: what is drawn.
    Screen,
}

/// The cells that a column takes on a screen. Its content decides; the number is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Never cut: numbers, times, states.
    Fixed(u16),
    /// Cut at the end when there is no room: names, sentences.
    Grow(u16),
    /// Cut at the front: paths.
    GrowPath(u16),
    /// Takes what nothing else needs, and loses its start without a sign: charts.
    GrowChart(u16),
}

/// The text of one cell and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

impl Cell {
    /// Text from the daemon or a constant; control characters are replaced.
    pub fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self {
            text: text::clean(text.as_ref()).into_owned(),
            tone,
        }
    }

    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(text, Tone::Plain)
    }

    pub fn dim(text: impl AsRef<str>) -> Self {
        Self::new(text, Tone::Dim)
    }

    /// A number that is only worth looking at when it is not zero.
    pub fn number(n: i64, tone: Tone) -> Self {
        let tone = if n == 0 { Tone::Dim } else { tone };
        Self::new(crate::format::count(n), tone)
    }
}

/// The sort key of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    Number(f64),
    Text(String),
}

impl Key {
    pub fn count(n: i64) -> Self {
        Self::Number(n as f64)
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn time(at: OffsetDateTime) -> Self {
        Self::Number(at.unix_timestamp_nanos() as f64)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// The row as one line of text, for filters.
pub fn haystack<R: Row>(row: &R, now: OffsetDateTime) -> String {
    let mut line = String::new();
    for column in R::columns() {
        line.push_str(&(column.cell)(row, now).text);
        line.push(' ');
    }
    line
}
