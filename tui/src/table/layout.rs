//! The columns of a table on a screen: which are shown, and how wide.

use super::{Column, Place, Width};
use crate::text;

/// The content of a column in the rows at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Content {
    /// Cells of the widest text.
    pub cells: u16,
    /// A row says something.
    pub is_filled: bool,
}

impl Content {
    /// Takes the text of one more row into account.
    pub fn add(&mut self, words: &str) {
        let words = words.trim_end();
        self.cells = self.cells.max(text::width(words).min(usize::from(u16::MAX)) as u16);
        self.is_filled |= !matches!(words.trim_start(), "" | "-");
    }
}

/// A column and its cells, from the first cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub column: usize,
    pub x: u16,
    pub cells: u16,
}

/// The columns that are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub slots: Vec<Slot>,
    /// Columns scrolled away on the left, the first one excepted: it always stays.
    pub skipped: usize,
    /// A scroll to the right shows more.
    pub has_more: bool,
}

const GAP: u16 = 1;

/// The most that a text gets while another one has too little.
const MOST: u16 = 500;

/// Lays the columns with the indices `wanted` out in `total` cells. `skipped` of them are scrolled away: 0 shows what
/// matters most and hides the rest by rank; from 1 on they come one after the other, each as wide as its content.
pub fn layout<R>(
    columns: &[Column<R>],
    content: &[Content],
    total: u16,
    wanted: impl Fn(usize) -> bool,
    skipped: usize,
) -> Layout {
    let all = columns.iter().enumerate();
    let wanted = all.filter(|(i, c)| c.place != Place::Print && wanted(*i));
    let wanted: Vec<Wish> = wanted.map(|(i, column)| Wish::new(i, column, content[i])).collect();
    let mut fitted = wanted.clone();
    hide(&mut fitted, total, columns, content);
    let is_hiding = fitted.len() < wanted.len() || used(&fitted) > total;
    let skipped = if is_hiding {
        skipped.min(wanted.len().saturating_sub(2))
    } else {
        0
    };
    if skipped == 0 {
        share(&mut fitted, total);
        let layout = placed(&fitted, total, 0);
        return Layout {
            has_more: layout.has_more || is_hiding,
            ..layout
        };
    }
    let mut scrolled: Vec<Wish> = wanted[..1].iter().chain(&wanted[1 + skipped..]).copied().collect();
    for wish in &mut scrolled {
        wish.cells = wish.full;
    }
    placed(&scrolled, total, skipped)
}

/// The cells of a column: now, and with nothing cut.
#[derive(Debug, Clone, Copy)]
struct Wish {
    column: usize,
    cells: u16,
    full: u16,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Text,
    Chart,
}

impl Wish {
    fn new<R>(index: usize, column: &Column<R>, content: Content) -> Self {
        let title = text::width(column.title) as u16;
        let (cells, full, kind) = match column.width {
            Width::Fixed(least) => {
                let full = least.max(content.cells).max(title);
                (full, full, Kind::Whole)
            }
            Width::Grow(least) | Width::GrowPath(least) => {
                let full = content.cells.clamp(title, MOST.max(title));
                (least.min(full), full, Kind::Text)
            }
            Width::GrowChart(least) => (least, content.cells.max(least), Kind::Chart),
        };
        Self {
            column: index,
            cells,
            full,
            kind,
        }
    }
}

/// Takes columns away until the rest has its least: empty ones first, then by rank. While a text is cut, empty ones
/// make room for it.
fn hide<R>(wishes: &mut Vec<Wish>, total: u16, columns: &[Column<R>], content: &[Content]) {
    let rank = |wish: &Wish| columns[wish.column].rank;
    let has_rows = content.iter().any(|content| content.is_filled);
    let is_empty = |wish: &Wish| has_rows && !content[wish.column].is_filled;
    let full = |wishes: &[Wish]| {
        let cells = wishes.iter().map(|wish| {
            if wish.kind == Kind::Chart {
                wish.cells
            } else {
                wish.full
            }
        });
        cells.sum::<u16>() + gaps(wishes)
    };
    loop {
        let (fits, is_whole) = (used(wishes) <= total, full(wishes) <= total);
        let victims = wishes.iter().enumerate().filter(|(i, wish)| *i > 0 || rank(wish) > 0);
        let victims = victims.filter(|(_, wish)| (is_empty(wish) && !is_whole) || (!fits && rank(wish) > 0));
        let Some((victim, _)) = victims.max_by_key(|(_, wish)| (is_empty(wish), rank(wish))) else {
            return;
        };
        wishes.remove(victim);
    }
}

fn gaps(wishes: &[Wish]) -> u16 {
    GAP * wishes.len().saturating_sub(1) as u16
}

fn used(wishes: &[Wish]) -> u16 {
    wishes.iter().map(|wish| wish.cells).sum::<u16>() + gaps(wishes)
}

/// Gives what is left: to texts by what they lack, the smallest first, then to charts.
fn share(wishes: &mut [Wish], total: u16) {
    for kind in [Kind::Text, Kind::Chart] {
        let mut rest = total.saturating_sub(used(wishes));
        let mut needy: Vec<&mut Wish> = wishes.iter_mut().filter(|wish| wish.kind == kind).collect();
        needy.sort_by_key(|wish| wish.full);
        let mut left = needy.len() as u16;
        // Every column is filled up to the same level, or to its content if that is less.
        let mut level = needy.iter().map(|wish| wish.cells).sum::<u16>() + rest;
        for wish in needy {
            let fair = (level / left).clamp(wish.cells, wish.full.max(wish.cells));
            let given = (fair - wish.cells).min(rest);
            wish.cells += given;
            rest -= given;
            level = level.saturating_sub(wish.cells);
            left -= 1;
        }
    }
}

/// Puts the columns side by side as far as there is room.
fn placed(wishes: &[Wish], total: u16, skipped: usize) -> Layout {
    let mut slots = Vec::with_capacity(wishes.len());
    let mut x = 0;
    for wish in wishes {
        if x >= total {
            break;
        }
        let cells = wish.cells.min(total - x);
        slots.push(Slot {
            column: wish.column,
            x,
            cells,
        });
        x += cells + GAP;
    }
    let is_cut = slots
        .last()
        .zip(wishes.last())
        .is_some_and(|(slot, wish)| slot.column != wish.column || slot.cells < wish.cells);
    Layout {
        slots,
        skipped,
        has_more: is_cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Key};

    fn column(title: &'static str, width: Width, rank: u8) -> Column<u8> {
        Column::<u8>::left(
            title,
            width,
            |n, _| Cell::plain(n.to_string()),
            |n| Key::count(i64::from(*n)),
        )
        .rank(rank)
    }

    fn filled(cells: &[u16]) -> Vec<Content> {
        let content = |&cells| Content {
            cells,
            is_filled: cells > 0,
        };
        cells.iter().map(content).collect()
    }

    fn shape(layout: &Layout) -> Vec<(usize, u16)> {
        layout.slots.iter().map(|slot| (slot.column, slot.cells)).collect()
    }

    fn four() -> [Column<u8>; 4] {
        [
            column("a", Width::Fixed(10), 0),
            column("b", Width::Grow(10), 0),
            column("c", Width::Fixed(10), 2),
            column("d", Width::Fixed(10), 1),
        ]
    }

    #[test]
    fn columns_of_high_rank_go_first_and_texts_share_the_rest() {
        let content = filled(&[10, 60, 10, 10]);
        let fits = |total| shape(&layout(&four(), &content, total, |_| true, 0));
        assert_eq!(fits(100), [(0, 10), (1, 60), (2, 10), (3, 10)]);
        assert_eq!(fits(60), [(0, 10), (1, 27), (2, 10), (3, 10)]);
        assert_eq!(fits(40), [(0, 10), (1, 18), (3, 10)]);
        assert_eq!(fits(25), [(0, 10), (1, 14)]);
    }

    #[test]
    fn short_text_gets_all_it_needs_before_a_long_one_gets_more() {
        let columns = [column("FROM", Width::Grow(8), 0), column("TITLE", Width::Grow(14), 0)];
        let given = |total, cells: &[u16]| shape(&layout(&columns, &filled(cells), total, |_| true, 0));
        assert_eq!(given(80, &[20, 200]), [(0, 20), (1, 59)]);
        assert_eq!(given(80, &[200, 200]), [(0, 39), (1, 40)]);
        assert_eq!(given(300, &[5, 30]), [(0, 5), (1, 30)], "nothing is stretched");
        assert_eq!(
            given(20, &[20, 200]),
            [(0, 8), (1, 11)],
            "too narrow: the last one is cut"
        );
    }

    #[test]
    fn empty_columns_make_room_for_full_ones() {
        let content = filled(&[10, 60, 10, 0]);
        let fits = |total| shape(&layout(&four(), &content, total, |_| true, 0));
        assert_eq!(fits(60), [(0, 10), (1, 38), (2, 10)]);
        assert_eq!(fits(100).len(), 4, "where there is room they are shown");
        let nothing = layout(&four(), &filled(&[0; 4]), 100, |_| true, 0);
        assert_eq!(nothing.slots.len(), 4, "without rows the titles stay");
    }

    #[test]
    fn scrolling_keeps_the_first_column_and_shows_the_rest_in_full() {
        let content = filled(&[10, 60, 10, 10]);
        let at = |skipped| layout(&four(), &content, 40, |_| true, skipped);
        assert!(at(0).has_more);
        assert_eq!(
            (shape(&at(1)), at(1).has_more),
            (vec![(0, 10), (2, 10), (3, 10)], false)
        );
        assert_eq!(at(9).skipped, 2, "the last column is the end");
        let wide = layout(&four(), &content, 100, |_| true, 1);
        assert_eq!((wide.skipped, wide.has_more), (0, false), "nothing to scroll to");
    }
}
