//! A list that the daemon selects, and what of it an act means.

use std::time::{Duration, Instant};

use tradepost_common::Page;
use tradepost_common::dead::Snapshot;
use tradepost_common::operations::Selection;

use crate::client::Reply;
use crate::clock::Clock;
use crate::paged::{First, PageRequest, Paged};
use crate::table::Row;

/// A list that changes all the time is read again after this, so that a million letters are not counted without end.
const REST: Duration = Duration::from_secs(1);

/// The rows that an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    /// The marked ones, or the one under the cursor.
    Rows,
    /// All that match, loaded or not.
    All,
}

/// Rows that the daemon selects, and what the operator saw of them.
pub struct Selected<R: Row> {
    pub paged: Paged<R>,
    /// The requested list.
    pub query: Selection,
    /// The list that the rows on the screen belong to.
    shown: Option<(Selection, Snapshot)>,
    pub meant: Meant,
}

impl<R: Row> Selected<R> {
    pub fn new(first: First) -> Self {
        Self {
            paged: Paged::new(first),
            query: Selection::default(),
            shown: None,
            meant: Meant::Rows,
        }
    }

    pub fn ask_for(&mut self, query: Selection) {
        if query != self.query {
            self.query = query;
            self.meant = Meant::Rows;
            self.paged.restart();
        }
    }

    /// The snapshot of the rows, when they are those that are asked for.
    pub fn snapshot(&self) -> Option<Snapshot> {
        let (of, snapshot) = self.shown.as_ref()?;
        (*of == self.query && !self.paged.is_restarted()).then_some(*snapshot)
    }

    /// Is a row marked? The rows then hold still, so that an act is about the marked ones.
    pub fn holds_still(&self) -> bool {
        self.meant == Meant::All || !self.paged.list.marks().is_empty()
    }

    pub fn clear_marks(&mut self) -> bool {
        let had = self.holds_still();
        self.meant = Meant::Rows;
        self.paged.list.clear_marks();
        had
    }

    pub fn wanted(&mut self, revision: u64, now: Instant) -> Option<(Selection, PageRequest)> {
        let read = self.paged.read_at.map(|at| now.saturating_duration_since(at));
        let is_fresh = read.is_some_and(|age| age < REST && !self.paged.is_distrusted());
        let stays = is_fresh || (self.holds_still() && read.is_some());
        let ask = if stays && !self.paged.is_restarted() {
            self.paged.wanted_more(revision)
        } else {
            self.paged.wanted(revision)
        };
        ask.map(|ask| (self.query.clone(), ask))
    }

    pub fn arrived(&mut self, of: Selection, ask: &PageRequest, reply: Reply<(Page<R>, Snapshot)>, clock: Clock) {
        if of != self.query {
            return self.paged.dropped();
        }
        match reply {
            Ok((page, snapshot)) => {
                // Rows that follow are older than those that the snapshot was taken with.
                if ask.cursor.is_none() {
                    self.shown = Some((of, snapshot));
                }
                self.paged.arrived(ask, page, clock);
            }
            Err(e) => self.paged.failed(e.to_string(), clock),
        }
    }
}
