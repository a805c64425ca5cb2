//! A list as a table on the screen. Only the rows that are seen are built.

use ratatui::layout::Rect;
use time::OffsetDateTime;

use super::{Canvas, split_top};
use crate::format;
use crate::list::{List, Order, SearchedBy};
use crate::paged::Paged;
use crate::table::{Align, Cell, Column, Layout, Row, Slot, Width};
use crate::text;
use crate::theme::Tone;

/// The share of the keys that a list gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Here,
    Elsewhere,
    /// Nothing can be chosen here.
    Never,
}

/// The look of a list.
pub struct Look<'a> {
    pub now: OffsetDateTime,
    pub focus: Focus,
    /// The text in place of rows when there is none.
    pub empty: &'a str,
    /// The columns that may be shown, by their index.
    pub wanted: fn(usize) -> bool,
}

impl<'a> Look<'a> {
    /// All columns; keys go to the list.
    pub fn new(now: OffsetDateTime, empty: &'a str) -> Self {
        Self {
            now,
            focus: Focus::Here,
            empty,
            wanted: |_| true,
        }
    }
}

/// The mark and the cursor, before the first column.
pub const GUTTER: u16 = 2;

/// Draws titles and rows, and says where the rows are.
pub fn draw<R: Row>(canvas: &mut Canvas<'_>, area: Rect, list: &mut List<R>, look: &Look<'_>) -> Rect {
    let (head, body) = split_top(area, 1);
    let window = list.window(usize::from(body.height));
    let layout = list
        .lay_out(area.width.saturating_sub(GUTTER), look.wanted, look.now)
        .clone();
    draw_titles(canvas, head, list, &layout, look.focus);
    if window.is_empty() {
        let words = if list.rows().is_empty() || list.filter().is_empty() {
            look.empty.to_owned()
        } else {
            format!("Nothing matches {}; Esc shows all {}", list.filter(), list.rows().len())
        };
        canvas.paragraph(
            Rect {
                x: body.x + GUTTER,
                width: body.width.saturating_sub(GUTTER),
                ..body
            },
            &words,
            Tone::Dim,
        );
        return body;
    }
    for (y, line) in (body.y..body.bottom()).zip(window) {
        if let Some(row) = list.at(line) {
            let state = RowState {
                is_cursor: line == list.cursor(),
                is_marked: list.marks().contains(&row.id()),
            };
            draw_row(canvas, Rect { y, height: 1, ..body }, row, &layout.slots, look, state);
        }
    }
    body
}

struct RowState {
    is_cursor: bool,
    is_marked: bool,
}

fn draw_titles<R: Row>(canvas: &mut Canvas<'_>, area: Rect, list: &List<R>, layout: &Layout, focus: Focus) {
    let tone = if focus == Focus::Here { Tone::Accent } else { Tone::Dim };
    // There is more on that side.
    let sign = match (layout.skipped > 0, layout.has_more) {
        _ if focus == Focus::Never => "",
        (true, true) => "↔",
        (true, false) => "<",
        (false, true) => ">",
        (false, false) => "",
    };
    canvas.put(area.x, area.y, 1, sign, Tone::Accent);
    for slot in &layout.slots {
        let column = &R::columns()[slot.column];
        let arrow = match list.sort().filter(|s| s.column == slot.column).map(|s| s.order) {
            Some(Order::Rising) => "▲",
            Some(Order::Falling) => "▼",
            None => "",
        };
        let title = text::cut(column.title, usize::from(slot.cells).saturating_sub(text::width(arrow)));
        put_aligned(
            canvas,
            area.x + GUTTER + slot.x,
            area.y,
            slot.cells,
            &format!("{title}{arrow}"),
            column.align,
            tone,
        );
    }
}

fn draw_row<R: Row>(canvas: &mut Canvas<'_>, area: Rect, row: &R, slots: &[Slot], look: &Look<'_>, state: RowState) {
    if state.is_marked {
        canvas.put(area.x, area.y, 1, "*", Tone::Warn);
    }
    if state.is_cursor && look.focus != Focus::Never {
        canvas.put(area.x + 1, area.y, 1, "›", Tone::Accent);
    }
    for slot in slots {
        let column = &R::columns()[slot.column];
        let cell = (column.cell)(row, look.now);
        put_cell(canvas, area.x + GUTTER + slot.x, area.y, slot.cells, &cell, column);
    }
    if state.is_cursor && look.focus == Focus::Here {
        canvas.buffer.set_style(area, canvas.theme.selected());
    }
}

fn put_cell<R>(canvas: &mut Canvas<'_>, x: u16, y: u16, cells: u16, cell: &Cell, column: &Column<R>) {
    let room = usize::from(cells);
    match column.width {
        Width::GrowPath(_) => {
            canvas.put(x, y, cells, &text::cut_front(&cell.text, room), cell.tone);
        }
        Width::GrowChart(_) => {
            let skip = cell.text.chars().count().saturating_sub(room);
            let end: String = cell.text.chars().skip(skip).collect();
            canvas.put(x, y, cells, &end, cell.tone);
        }
        Width::Fixed(_) | Width::Grow(_) => {
            put_aligned(canvas, x, y, cells, &cell.text, column.align, cell.tone);
        }
    }
}

fn put_aligned(canvas: &mut Canvas<'_>, x: u16, y: u16, cells: u16, words: &str, align: Align, tone: Tone) {
    let used = text::width(words).min(usize::from(cells)) as u16;
    let start = match align {
        Align::Left => x,
        Align::Right => x + cells - used,
    };
    canvas.put(start, y, x + cells - start, words, tone);
}

/// `21-40 of 200 · filter /birds of 1,000 · 3 marked`, for the heading of a list.
pub fn position<R: Row>(list: &List<R>) -> String {
    position_of(list, &format::count(list.shown_len() as i64))
}

/// As [`position`], for a list that is read page by page: of all rows that the daemon counts, or with `+` when it has more.
pub fn paged_position<R: Row>(paged: &Paged<R>) -> String {
    let list = &paged.list;
    let more = if paged.has_more() { "+" } else { "" };
    // Rows that went away here are still counted.
    let total = paged.total.filter(|_| paged.has_more());
    let total = total.map_or_else(
        || format!("{}{more}", format::count(list.shown_len() as i64)),
        format::count,
    );
    let mut words = position_of(list, &total);
    if paged.is_restarted() && list.searched_by() == SearchedBy::Daemon {
        words.push_str(" · searching …");
    }
    if paged.error.is_some() {
        words.push_str(" · not refreshed: see below");
    }
    words
}

fn position_of<R: Row>(list: &List<R>, total: &str) -> String {
    let shown = list.shown_len();
    let mut words = match shown {
        0 => format!("0 of {}", format::count(list.rows().len() as i64)),
        _ => format!("{}-{} of {total}", list.top + 1, (list.top + list.height).min(shown)),
    };
    match list.searched_by() {
        _ if list.filter().is_empty() => {}
        SearchedBy::Daemon => words.push_str(&format!(" · filter {}", list.filter())),
        SearchedBy::Terminal => words.push_str(&format!(" · filter {} of {}", list.filter(), list.rows().len())),
    }
    if !list.marks().is_empty() {
        words.push_str(&format!(" · {} marked", list.marks().len()));
    }
    words
}
