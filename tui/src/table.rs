//! Tables as data: what a column is called, what it shows, how it sorts. The screens and the
//! command line print the same columns.

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
    /// Columns with a larger number go first when there is no room; 0 stays.
    pub rank: u8,
    pub place: Place,
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

    pub const fn only(self, place: Place) -> Self {
        Self { place, ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Where a column is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Everywhere,
    /// On the command line only: ids that programs want.
    Print,
    /// On the screen only: what is drawn.
    Screen,
}

/// The cells that a column takes on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Fixed(u16),
    /// At least that many; shares what is left.
    Grow(u16),
    /// The same, and cut at the front: paths.
    GrowPath(u16),
    /// The same, and without a sign that something is missing: the end of a chart.
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

/// A column and the cells it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub column: usize,
    pub cells: u16,
}

const GAP: u16 = 1;

/// Lays the wanted columns out in `total` cells; what does not fit is left out by rank.
pub fn layout<R>(columns: &[Column<R>], total: u16, wanted: impl Fn(usize) -> bool) -> Vec<Slot> {
    let mut slots: Vec<Slot> = columns
        .iter()
        .enumerate()
        .filter(|(i, c)| c.place != Place::Print && wanted(*i))
        .map(|(column, c)| Slot {
            column,
            cells: minimum(c.width),
        })
        .collect();
    while used(&slots) > total {
        let Some(victim) = (0..slots.len())
            .filter(|&i| columns[slots[i].column].rank > 0)
            .max_by_key(|&i| columns[slots[i].column].rank)
        else {
            break;
        };
        slots.remove(victim);
    }
    share_rest(columns, &mut slots, total);
    slots
}

fn minimum(width: Width) -> u16 {
    match width {
        Width::Fixed(n) | Width::Grow(n) | Width::GrowPath(n) | Width::GrowChart(n) => n,
    }
}

fn used(slots: &[Slot]) -> u16 {
    let gaps = GAP * slots.len().saturating_sub(1) as u16;
    slots.iter().map(|s| s.cells).sum::<u16>() + gaps
}

/// Gives what is left to the columns that grow, in proportion to their minimum.
fn share_rest<R>(columns: &[Column<R>], slots: &mut [Slot], total: u16) {
    let rest = u32::from(total.saturating_sub(used(slots)));
    let grows = |s: &Slot| !matches!(columns[s.column].width, Width::Fixed(_));
    let weight: u32 = slots.iter().filter(|s| grows(s)).map(|s| u32::from(s.cells)).sum();
    if weight == 0 {
        return;
    }
    let mut given = 0;
    let mut last = None;
    for (i, slot) in slots.iter_mut().enumerate().filter(|(_, s)| grows(s)) {
        let share = rest * u32::from(slot.cells) / weight;
        slot.cells += share as u16;
        given += share;
        last = Some(i);
    }
    if let Some(i) = last {
        slots[i].cells += (rest - given) as u16;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &'static str, width: Width, rank: u8) -> Column<u8> {
        Column::<u8>::left(
            title,
            width,
            |n, _| Cell::plain(n.to_string()),
            |n| Key::count(i64::from(*n)),
        )
        .rank(rank)
    }

    #[test]
    fn columns_of_high_rank_go_first_and_the_rest_grows() {
        let columns = [
            column("a", Width::Fixed(10), 0),
            column("b", Width::Grow(10), 0),
            column("c", Width::Fixed(10), 2),
            column("d", Width::Fixed(10), 1),
        ];
        let slots = layout(&columns, 40, |_| true);
        let shape: Vec<(usize, u16)> = slots.iter().map(|s| (s.column, s.cells)).collect();
        assert_eq!(shape, [(0, 10), (1, 18), (3, 10)]);
        assert_eq!(layout(&columns, 15, |_| true).len(), 2);
    }
}
