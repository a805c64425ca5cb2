//! A list that the daemon selects, and the rows of it that an act is about.

use std::time::{Duration, Instant};

use serde::Serialize;
use tradepost_common::Page;
use tradepost_common::dead::Snapshot;
use tradepost_common::operations::Selection;

use crate::client::Reply;
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::Shell;
use crate::table::Row;

/// A list that changes all the time is read again after this, so that a million letters are not counted without end.
const READ_EVERY: Duration = Duration::from_secs(1);

/// The rows that an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsOn {
    /// The marked ones, or the one under the cursor.
    Rows,
    /// All that match, loaded or not.
    AllMatching,
}

/// Rows that the daemon selects, and the snapshot that the operator saw.
pub struct Selected<R: Row> {
    pub paged: Paged<R>,
    /// The requested list.
    pub query: Selection,
    /// The list that the rows on the screen belong to.
    shown: Option<(Selection, Snapshot)>,
    pub acts_on: ActsOn,
}

impl<R: Row> Selected<R> {
    pub fn new(first: First) -> Self {
        Self {
            paged: Paged::new(first),
            query: Selection::default(),
            shown: None,
            acts_on: ActsOn::Rows,
        }
    }

    /// The snapshot of the rows, when they are those that are asked for.
    pub fn snapshot(&self) -> Option<Snapshot> {
        let (query, snapshot) = self.shown.as_ref()?;
        (*query == self.query && !self.paged.is_restarted()).then_some(*snapshot)
    }

    /// Rows are marked. The list then does not change, so that an act is about the marked ones.
    pub fn is_pinned(&self) -> bool {
        self.acts_on == ActsOn::AllMatching || !self.paged.list.marks().is_empty()
    }

    /// The page that has to be read now.
    pub fn wanted(&mut self, cx: &Shell) -> Option<(Selection, PageRequest)> {
        let revision = cx.live.revisions.dead;
        let age = self
            .paged
            .read_at
            .map(|at| cx.clock.instant.saturating_duration_since(at));
        let is_fresh = age.is_some_and(|age| age < READ_EVERY && !self.paged.is_invalidated());
        let stays = is_fresh || (self.is_pinned() && age.is_some());
        let page = match stays && !self.paged.is_restarted() {
            true => self.paged.wanted_more(revision),
            false => self.paged.wanted(revision),
        };
        page.map(|page| (self.query.clone(), page))
    }

    pub fn answered(&mut self, query: Selection, page: &PageRequest, reply: Reply<(Page<R>, Snapshot)>, cx: &Shell) {
        if query != self.query {
            return self.paged.dropped();
        }
        // Rows that follow are older than those that the snapshot was taken with.
        if let (Ok((_, snapshot)), None) = (&reply, &page.cursor) {
            self.shown = Some((query, *snapshot));
        }
        self.paged.answered(page, reply.map(|(rows, _)| rows), cx.clock);
    }

    /// ` · render · /jail · ALL matching are selected`: the selection in words.
    pub fn in_words(&self) -> String {
        let parts = [&self.query.queue, &self.query.fingerprint].into_iter().flatten();
        let mut words: String = parts.map(|part| format!(" · {part}")).collect();
        if let Some(text) = &self.query.text {
            words.push_str(&format!(" · /{text}"));
        }
        if self.acts_on == ActsOn::AllMatching {
            words.push_str(" · ALL matching are selected");
        }
        if self.paged.is_restarted() {
            words.push_str(" · searching …");
        }
        words
    }
}

/// The list of groups or that of letters.
pub trait AnySelected {
    fn query(&self) -> &Selection;
    fn ask_for(&mut self, query: Selection);
    fn acts_on(&mut self) -> &mut ActsOn;

    /// False when there was nothing to clear.
    fn clear_marks(&mut self) -> bool;
    fn list(&mut self) -> &mut dyn AnyList;
    fn data_from(&self, cx: &Shell) -> Option<Instant>;
    fn export(&self) -> Option<String>;

    /// Those whose file name or error contains the text.
    fn search(&mut self, text: &str) {
        let text = (!text.trim().is_empty()).then(|| text.to_owned());
        let query = self.query().clone();
        self.ask_for(Selection { text, ..query });
    }
}

impl<R: Row + Serialize> AnySelected for Selected<R> {
    fn query(&self) -> &Selection {
        &self.query
    }

    fn ask_for(&mut self, query: Selection) {
        if query != self.query {
            self.query = query;
            self.acts_on = ActsOn::Rows;
            self.paged.restart();
        }
    }

    fn acts_on(&mut self) -> &mut ActsOn {
        &mut self.acts_on
    }

    fn clear_marks(&mut self) -> bool {
        let had = self.is_pinned();
        self.acts_on = ActsOn::Rows;
        self.paged.list.clear_marks();
        had
    }

    fn list(&mut self) -> &mut dyn AnyList {
        &mut self.paged.list
    }

    fn data_from(&self, cx: &Shell) -> Option<Instant> {
        self.paged.data_from(cx.live.revisions.dead, cx.link.heard_at)
    }

    fn export(&self) -> Option<String> {
        export::rows(&self.paged.list)
    }
}
