//! The columns of a list: which are on the screen, and which one sorts it.

use time::OffsetDateTime;

use super::{List, Order, SearchedBy, Sort};
use crate::table::{self, Content, Layout, Row};

/// Rows that are measured together.
const MEASURED: usize = 128;

impl<R: Row> List<R> {
    /// Lays the columns out for the rows around those on the screen, so that they stand still while the cursor moves.
    pub fn lay_out(&mut self, total: u16, wanted: fn(usize) -> bool, now: OffsetDateTime) -> &Layout {
        let columns = R::columns();
        let first = self.top - self.top % MEASURED;
        let last = (self.top + self.height).next_multiple_of(MEASURED).min(self.view.len());
        let mut content = vec![Content::default(); columns.len()];
        for row in self
            .view
            .get(first..last)
            .unwrap_or_default()
            .iter()
            .map(|&i| &self.rows[i])
        {
            for (content, column) in content.iter_mut().zip(columns) {
                content.add(&(column.cell)(row, now).text);
            }
        }
        self.layout = table::layout(columns, &content, total, wanted, self.layout.skipped);
        &self.layout
    }

    /// Sorts by the column whose title is at that cell, in reverse when it is sorted by it already.
    pub fn sort_at(&mut self, x: u16, now: OffsetDateTime) {
        let mut slots = self.layout.slots.iter();
        let Some(slot) = slots.find(|slot| (slot.x..slot.x + slot.cells).contains(&x)) else {
            return;
        };
        match self.sort {
            Some(sort) if sort.column == slot.column => self.sort_reverse(now),
            _ if !self.can_sort_by(&R::columns()[slot.column]) => {}
            _ => self.sort_by(Some(slot.column), now),
        }
    }

    /// Sorts by the next column, then again as the daemon does; numbers start with the largest.
    pub fn sort_next(&mut self, now: OffsetDateTime) {
        let after = self.sort.map_or(0, |s| s.column + 1);
        let mut columns = R::columns().iter().enumerate().skip(after);
        let next = columns.find(|(_, column)| self.can_sort_by(column));
        self.sort_by(next.map(|(column, _)| column), now);
    }

    fn sort_by(&mut self, column: Option<usize>, now: OffsetDateTime) {
        self.sort = column.map(|column| Sort {
            column,
            order: match R::columns()[column].align {
                table::Align::Right => Order::Falling,
                table::Align::Left => Order::Rising,
            },
        });
        self.sorted_anew(now);
    }

    fn can_sort_by(&self, column: &table::Column<R>) -> bool {
        let is_known = self.searched_by == SearchedBy::Terminal || column.sorted_as.is_some();
        is_known && column.place != table::Place::Print
    }

    fn sorted_anew(&mut self, now: OffsetDateTime) {
        self.awaits_rows |= self.searched_by == SearchedBy::Daemon;
        let on = self.selected().map(Row::id);
        self.rebuild(on, now);
    }

    pub fn sort_reverse(&mut self, now: OffsetDateTime) {
        let first = R::columns().iter().position(|column| self.can_sort_by(column));
        let sort = self.sort.unwrap_or(Sort {
            column: first.unwrap_or(0),
            order: Order::Rising,
        });
        let order = match sort.order {
            Order::Rising => Order::Falling,
            Order::Falling => Order::Rising,
        };
        self.sort = Some(Sort { order, ..sort });
        self.sorted_anew(now);
    }
}
