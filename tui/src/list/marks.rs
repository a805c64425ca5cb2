//! Rows that are marked: one by one, a range, all that match.

use std::collections::BTreeSet;

use super::{List, Step};
use crate::table::Row;

impl<R: Row> List<R> {
    /// Marks the row, or takes its mark away, and goes on to the next.
    pub fn toggle_mark(&mut self) {
        let Some(id) = self.selected().map(Row::id) else {
            return;
        };
        if !self.marks.remove(&id) {
            self.marks.insert(id.clone());
        }
        self.range = Some(id);
        self.step(Step::Down);
    }

    /// Marks everything between the last mark and the cursor.
    pub fn mark_range(&mut self) {
        let start = self
            .range
            .as_ref()
            .and_then(|id| self.view.iter().position(|&i| self.rows[i].id() == *id))
            .unwrap_or(self.cursor);
        let (from, to) = (start.min(self.cursor), start.max(self.cursor));
        let ids = self.view.iter().take(to + 1).skip(from).map(|&i| self.rows[i].id());
        self.marks.extend(ids);
        self.range = self.selected().map(Row::id);
    }

    /// Marks all rows that match; takes the marks away when all of them have one.
    pub fn mark_all(&mut self) {
        let ids: Vec<R::Id> = self.shown().map(Row::id).collect();
        if ids.iter().all(|id| self.marks.contains(id)) {
            for id in &ids {
                self.marks.remove(id);
            }
        } else {
            self.marks.extend(ids);
        }
    }

    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.range = None;
    }

    /// Marks exactly these rows, those that are here.
    pub fn mark_these(&mut self, ids: Vec<R::Id>) {
        let here: BTreeSet<R::Id> = self.rows.iter().map(Row::id).collect();
        self.marks = ids.into_iter().filter(|id| here.contains(id)).collect();
    }
}
