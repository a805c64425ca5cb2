//! A list, whatever its rows are.

use time::OffsetDateTime;

use super::{Filter, List, Order, Step};
use crate::table::Row;

/// A list of any rows.
pub trait AnyList {
    fn step(&mut self, step: Step);
    fn cycle(&mut self, order: Order);
    fn select_line(&mut self, line: usize);
    fn filter(&self) -> &Filter;
    fn set_filter(&mut self, filter: Filter, now: OffsetDateTime);
    fn sort_next(&mut self, now: OffsetDateTime);
    fn sort_reverse(&mut self, now: OffsetDateTime);
    /// Sorts by the column whose title is at that cell of the table.
    fn sort_at(&mut self, x: u16, now: OffsetDateTime);
    /// `sorted by SIZE, falling`.
    fn sort_in_words(&self) -> String;
    fn toggle_mark(&mut self);
    fn mark_range(&mut self);
    fn mark_all(&mut self);
    fn marked(&self) -> usize;
    /// Rows that pass the filter.
    fn shown_len(&self) -> usize;
    /// The rows are those of another filter or order, until the daemon answers.
    fn awaits_rows(&self) -> bool;
    /// The id of the row under the cursor.
    fn selected_id(&self) -> Option<String>;
}

impl<R: Row> AnyList for List<R> {
    fn step(&mut self, step: Step) {
        self.step(step);
    }

    fn cycle(&mut self, order: Order) {
        self.cycle(order);
    }

    fn select_line(&mut self, line: usize) {
        self.select_line(line);
    }

    fn filter(&self) -> &Filter {
        self.filter()
    }

    fn set_filter(&mut self, filter: Filter, now: OffsetDateTime) {
        self.set_filter(filter, now);
    }

    fn sort_next(&mut self, now: OffsetDateTime) {
        self.sort_next(now);
    }

    fn sort_reverse(&mut self, now: OffsetDateTime) {
        self.sort_reverse(now);
    }

    fn sort_at(&mut self, x: u16, now: OffsetDateTime) {
        self.sort_at(x, now);
    }

    fn sort_in_words(&self) -> String {
        let Some(sort) = self.sort() else {
            return "Default order".to_owned();
        };
        let order = match sort.order {
            Order::Rising => "rising",
            Order::Falling => "falling",
        };
        format!("Sorted by {}, {order}", R::columns()[sort.column].title)
    }

    fn toggle_mark(&mut self) {
        self.toggle_mark();
    }

    fn mark_range(&mut self) {
        self.mark_range();
    }

    fn mark_all(&mut self) {
        self.mark_all();
    }

    fn marked(&self) -> usize {
        self.marks().len()
    }

    fn shown_len(&self) -> usize {
        self.shown_len()
    }

    fn awaits_rows(&self) -> bool {
        self.awaits_rows
    }

    fn selected_id(&self) -> Option<String> {
        self.selected().map(|row| row.id().to_string())
    }
}
