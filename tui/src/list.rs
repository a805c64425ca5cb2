//! A list on a screen: which rows are shown, in which order, where the cursor is, what is marked.

mod any;
mod columns;
mod filter;
mod marks;

pub use any::AnyList;
pub use filter::{Filter, Search};

use std::collections::BTreeSet;

use time::OffsetDateTime;
pub use tradepost_common::sort::Order;
use tradepost_common::sort::SortBy;

use crate::table::{self, Layout, Row};

/// The column that rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub column: usize,
    pub order: Order,
}

/// The place where a list is filtered and sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchedBy {
    /// All rows are here.
    #[default]
    Terminal,
    /// Filter and order go along with the request for rows.
    Daemon,
}

/// A movement of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Up,
    Down,
    HalfUp,
    HalfDown,
    First,
    Last,
    /// Sideways, by a column.
    Left,
    Right,
}

/// Rows with a cursor. The cursor stays on its row when rows come and go.
#[derive(Debug, Clone)]
pub struct List<R: Row> {
    rows: Vec<R>,
    /// Indices of the rows shown, in their order.
    view: Vec<usize>,
    cursor: usize,
    /// The first line on the screen.
    pub top: usize,
    /// Lines on the screen when it was last drawn.
    pub height: usize,
    /// The columns when it was last drawn.
    pub layout: Layout,
    searched_by: SearchedBy,
    /// The rows are those of another filter or order, until the daemon answers.
    awaits_rows: bool,
    filter: Filter,
    sort: Option<Sort>,
    marks: BTreeSet<R::Id>,
    /// The first row of a range.
    range: Option<R::Id>,
}

impl<R: Row> Default for List<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            view: Vec::new(),
            cursor: 0,
            top: 0,
            height: 10,
            layout: Layout::default(),
            searched_by: SearchedBy::default(),
            awaits_rows: false,
            filter: Filter::default(),
            sort: None,
            marks: BTreeSet::new(),
            range: None,
        }
    }
}

impl<R: Row> List<R> {
    /// A list that the daemon filters and sorts.
    pub fn searched_by_daemon() -> Self {
        Self {
            searched_by: SearchedBy::Daemon,
            ..Self::default()
        }
    }

    pub fn searched_by(&self) -> SearchedBy {
        self.searched_by
    }

    /// The filter and the order that the daemon is asked for.
    pub fn search(&self) -> Search {
        if self.searched_by == SearchedBy::Terminal {
            return Search::default();
        }
        let sort = self.sort.and_then(|sort| {
            let column = R::columns()[sort.column].sorted_as?;
            Some(SortBy {
                column,
                order: sort.order,
            })
        });
        Search {
            filter: self.filter.clone(),
            sort,
        }
    }

    /// The daemon has answered, or will not.
    pub fn search_ended(&mut self) {
        self.awaits_rows = false;
    }

    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// The rows that pass the filter, in the order shown.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &R> {
        self.view.iter().map(|&i| &self.rows[i])
    }

    pub fn shown_len(&self) -> usize {
        self.view.len()
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn selected(&self) -> Option<&R> {
        self.view.get(self.cursor).map(|&i| &self.rows[i])
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    pub fn marks(&self) -> &BTreeSet<R::Id> {
        &self.marks
    }

    /// New rows in place of the old ones.
    pub fn replace(&mut self, rows: Vec<R>, now: OffsetDateTime) {
        let on = self.selected().map(Row::id);
        self.rows = rows;
        let alive: BTreeSet<R::Id> = self.rows.iter().map(Row::id).collect();
        self.marks.retain(|id| alive.contains(id));
        self.rebuild(on, now);
    }

    /// Replaces the rows of a list with the newest first: a cursor on the first row stays on the first row.
    pub fn replace_newest(&mut self, rows: Vec<R>, now: OffsetDateTime) {
        let was_first = self.cursor == 0;
        self.replace(rows, now);
        if was_first {
            self.cursor = 0;
        }
    }

    /// Rows that follow those already here.
    pub fn append(&mut self, rows: Vec<R>, now: OffsetDateTime) {
        let on = self.selected().map(Row::id);
        self.rows.extend(rows);
        self.rebuild(on, now);
    }

    /// Changes the row with the same id, if it is here.
    pub fn update(&mut self, row: R, now: OffsetDateTime) {
        let id = row.id();
        if let Some(place) = self.rows.iter_mut().find(|r| r.id() == id) {
            *place = row;
            let on = self.selected().map(Row::id);
            self.rebuild(on, now);
        }
    }

    pub fn remove(&mut self, id: &R::Id, now: OffsetDateTime) {
        let on = self.selected().map(Row::id);
        self.rows.retain(|r| r.id() != *id);
        self.marks.remove(id);
        self.rebuild(on, now);
    }

    /// Takes many rows away at once.
    pub fn remove_all(&mut self, ids: &BTreeSet<R::Id>, now: OffsetDateTime) {
        if ids.is_empty() {
            return;
        }
        let on = self.selected().map(Row::id);
        self.rows.retain(|r| !ids.contains(&r.id()));
        self.marks.retain(|id| !ids.contains(id));
        self.rebuild(on, now);
    }

    /// Puts the row before all others, or in the place of the one with its id.
    pub fn put_first(&mut self, row: R, now: OffsetDateTime) {
        let id = row.id();
        if self.rows.iter().any(|r| r.id() == id) {
            return self.update(row, now);
        }
        let on = self.selected().map(Row::id);
        self.rows.insert(0, row);
        self.rebuild(on, now);
    }

    pub fn set_filter(&mut self, filter: Filter, now: OffsetDateTime) {
        let on = self.selected().map(Row::id);
        self.awaits_rows |= self.searched_by == SearchedBy::Daemon && filter != self.filter;
        self.filter = filter;
        self.rebuild(on, now);
    }

    pub fn step(&mut self, step: Step) {
        let last = self.view.len().saturating_sub(1);
        let half = (self.height / 2).max(1);
        self.cursor = match step {
            Step::Up => self.cursor.saturating_sub(1),
            Step::Down => (self.cursor + 1).min(last),
            Step::HalfUp => self.cursor.saturating_sub(half),
            Step::HalfDown => (self.cursor + half).min(last),
            Step::First => 0,
            Step::Last => last,
            Step::Left => {
                self.layout.skipped = self.layout.skipped.saturating_sub(1);
                self.cursor
            }
            Step::Right => {
                self.layout.skipped += usize::from(self.layout.has_more);
                self.cursor
            }
        };
    }

    /// The next row, from the last one on to the first.
    pub fn cycle(&mut self, order: Order) {
        let len = self.view.len().max(1);
        self.cursor = match order {
            Order::Rising => (self.cursor + 1) % len,
            Order::Falling => (self.cursor + len - 1) % len,
        };
    }

    /// Puts the cursor on the row, if it is shown.
    pub fn select(&mut self, id: &R::Id) {
        if let Some(at) = self.position(id) {
            self.cursor = at;
        }
    }

    /// The line of the view that the row is on.
    pub fn position(&self, id: &R::Id) -> Option<usize> {
        self.view.iter().position(|&i| self.rows[i].id() == *id)
    }

    /// Puts the cursor on the line of the screen.
    pub fn select_line(&mut self, line: usize) {
        let at = self.top + line;
        if at < self.view.len() {
            self.cursor = at;
        }
    }

    /// The lines on the screen, once the cursor is among them.
    pub fn window(&mut self, height: usize) -> std::ops::Range<usize> {
        self.height = height;
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if height > 0 && self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.min(self.view.len().saturating_sub(height));
        self.top..(self.top + height).min(self.view.len())
    }

    /// The row on a line of the view.
    pub fn at(&self, line: usize) -> Option<&R> {
        self.view.get(line).map(|&i| &self.rows[i])
    }

    fn rebuild(&mut self, on: Option<R::Id>, now: OffsetDateTime) {
        if self.searched_by == SearchedBy::Daemon {
            self.view = (0..self.rows.len()).collect();
            return self.put_cursor(on);
        }
        self.view = (0..self.rows.len())
            .filter(|&i| self.filter.is_empty() || self.filter.keeps(&table::haystack(&self.rows[i], now)))
            .collect();
        if let Some(sort) = self.sort {
            let key = R::columns()[sort.column].key;
            let rows = &self.rows;
            self.view.sort_by(|&a, &b| {
                let order = key(&rows[a]).compare(&key(&rows[b]));
                match sort.order {
                    Order::Rising => order,
                    Order::Falling => order.reverse(),
                }
            });
        }
        self.put_cursor(on);
    }

    /// Keeps the cursor on its row.
    fn put_cursor(&mut self, on: Option<R::Id>) {
        let found = on.and_then(|id| self.view.iter().position(|&i| self.rows[i].id() == id));
        self.cursor = found.unwrap_or(self.cursor).min(self.view.len().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
