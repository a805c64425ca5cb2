//! A list that is read page by page and may change behind the reader's back.

use std::time::Instant;

use tradepost_common::Page;

use crate::client::Reply;
use crate::clock::Clock;
use crate::list::{List, Search, SearchedBy};
use crate::query::Query;
use crate::table::Row;

/// Rows in a page.
pub const PAGE: u32 = 200;
/// Rows kept at most; a filter or another order leads to those beyond.
pub const MAX_ROWS: usize = 10_000;

/// Pages of a list of the control API.
pub struct Paged<R: Row> {
    pub list: List<R>,
    first: First,
    /// The filter and the order of the rows that are asked for.
    asked: Search,
    /// Rows that the daemon has, where it counts them.
    pub total: Option<i64>,
    next: Option<String>,
    loading: bool,
    /// The rows are of something that was asked for before.
    restarted: bool,
    /// The time at which the first page was read.
    pub read_at: Option<Instant>,
    /// The revision of the list when it was asked for.
    asked_revision: u64,
    /// The revision the rows are of.
    pub read_revision: u64,
    pub error: Option<String>,
}

impl<R: Row> Paged<R> {
    /// A list that the daemon filters, sorts and counts.
    pub fn searched(first: First) -> Self {
        Self {
            list: List::searched_by_daemon(),
            ..Self::new(first)
        }
    }

    /// A list that is filtered and sorted here.
    pub fn new(first: First) -> Self {
        Self {
            first,
            list: List::default(),
            asked: Search::default(),
            total: None,
            next: None,
            loading: false,
            restarted: false,
            read_at: None,
            asked_revision: 0,
            read_revision: 0,
            error: None,
        }
    }
}

/// The order of the list, as far as new rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// New rows come on top.
    Newest,
    /// New rows come anywhere.
    Sorted,
}

/// Asks for a page: the first one, or the one that follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    pub cursor: Option<String>,
    pub search: Search,
}

impl PageRequest {
    pub fn query(&self) -> Query {
        self.narrow(Query::default())
    }

    /// As [`query`](Self::query), for a list that is narrowed in other ways, too.
    pub fn narrow(&self, query: Query) -> Query {
        let parameters = self.search.parameters().into_iter();
        parameters
            .fold(query, |query, (name, value)| query.with(name, value))
            .with("cursor", self.cursor.clone())
            .with("limit", Some(PAGE))
    }
}

impl<R: Row> Paged<R> {
    pub fn has_more(&self) -> bool {
        self.next.is_some() && self.list.rows().len() < MAX_ROWS
    }

    /// The list changed since it was read.
    pub fn is_behind(&self, revision: u64) -> bool {
        self.read_at.is_some() && self.read_revision != revision
    }

    /// Starts again when the filter or the order is another one than the daemon was asked for.
    pub fn notice_search(&mut self) {
        let search = self.list.search();
        if search != self.asked {
            self.asked = search;
            self.restart();
        }
    }

    /// The page that has to be read now, if any: the first page when there is none or when it is out
    /// of date and on the screen, the next page when the cursor comes near the end.
    pub fn wanted(&mut self, revision: u64) -> Option<PageRequest> {
        self.notice_search();
        if self.loading {
            return None;
        }
        let near_top = self.list.cursor() < PAGE as usize && self.list.top < PAGE as usize;
        if self.read_at.is_none() || self.restarted || (self.is_behind(revision) && near_top) {
            return Some(self.ask(None, revision));
        }
        self.wanted_more(revision)
    }

    /// The next page when the cursor comes near the end, whatever changed before it.
    pub fn wanted_more(&mut self, revision: u64) -> Option<PageRequest> {
        if self.loading {
            return None;
        }
        let near_end = self.list.cursor() + self.list.height >= self.list.shown_len();
        if near_end && self.has_more() {
            let cursor = self.next.clone();
            return Some(self.ask(cursor, revision));
        }
        None
    }

    fn ask(&mut self, cursor: Option<String>, revision: u64) -> PageRequest {
        self.loading = true;
        self.asked_revision = revision;
        let search = self.asked.clone();
        PageRequest { cursor, search }
    }

    /// The filter and the order are still those that were asked for.
    pub fn is_wanted(&self, request: &PageRequest) -> bool {
        request.search == self.asked
    }

    /// Takes the reply to a request for a page.
    pub fn answered(&mut self, request: &PageRequest, reply: Reply<Page<R>>, clock: Clock) {
        if !self.is_wanted(request) {
            return self.dropped();
        }
        match reply {
            Ok(page) => self.arrived(request, page, clock),
            Err(e) => self.failed(e.to_string(), clock),
        }
    }

    /// The time the rows are of: as fresh as the last event unless the list changed since.
    pub fn data_from(&self, revision: u64, heard_at: Option<Instant>) -> Option<Instant> {
        let read_at = self.read_at?;
        Some(match self.is_behind(revision) {
            true => read_at,
            false => read_at.max(heard_at?),
        })
    }

    /// The words in place of rows while there are none.
    pub fn when_empty(&self, nothing: &str) -> String {
        self.error.clone().unwrap_or_else(|| match self.read_at {
            None => "Reading …".to_owned(),
            Some(_) if self.restarted => "Reading …".to_owned(),
            Some(_) if self.list.searched_by() == SearchedBy::Daemon && !self.list.filter().is_empty() => {
                format!("Nothing matches {}; Esc shows all", self.list.filter())
            }
            Some(_) => nothing.to_owned(),
        })
    }

    /// A page came.
    pub fn arrived(&mut self, ask: &PageRequest, page: Page<R>, clock: Clock) {
        self.loading = false;
        self.error = None;
        if ask.cursor.is_some() {
            self.list.append(page.rows, clock.utc);
        } else {
            match self.first {
                First::Newest => self.list.replace_newest(page.rows, clock.utc),
                First::Sorted => self.list.replace(page.rows, clock.utc),
            }
            self.read_at = Some(clock.instant);
            self.read_revision = self.asked_revision;
            self.total = page.total;
            self.search_ended();
        }
        self.next = page.next;
    }

    /// A page did not come. It is asked for again when something changes or the line is back.
    pub fn failed(&mut self, why: String, clock: Clock) {
        self.loading = false;
        self.error = Some(why);
        // Counts as read, so that a failing daemon is not asked without end.
        self.read_at.get_or_insert(clock.instant);
        self.read_revision = self.asked_revision;
        self.search_ended();
        self.next = None;
    }

    fn search_ended(&mut self) {
        self.restarted = false;
        self.list.search_ended();
    }

    pub fn is_invalidated(&self) -> bool {
        self.read_revision == u64::MAX
    }

    /// The first page of another request is waited for.
    pub fn is_restarted(&self) -> bool {
        self.restarted
    }

    /// Something else is asked for from now on: the rows stay until its first page comes.
    pub fn restart(&mut self) {
        self.restarted = true;
        self.next = None;
        self.error = None;
        self.list.clear_marks();
        self.list.step(crate::list::Step::First);
    }

    /// A page came that nobody wants any more.
    pub fn dropped(&mut self) {
        self.loading = false;
    }

    /// The daemon was away: whatever is here may be old, whichever revision it has.
    pub fn invalidate(&mut self) {
        self.read_revision = u64::MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testdata;
    use tradepost_common::uploads::UploadRow;

    fn page(n: usize, next: Option<&str>) -> Page<UploadRow> {
        Page::new((0..n).map(testdata::upload).collect(), next.map(str::to_owned))
    }

    #[test]
    fn pages_follow_when_the_cursor_comes_near_the_end() {
        let mut paged = Paged::<UploadRow>::new(First::Newest);
        let first = paged.wanted(7).expect("nothing is here yet");
        assert_eq!(first.cursor, None);
        assert_eq!(paged.wanted(7), None, "one question at a time");
        paged.arrived(&first, page(50, Some("c1")), testdata::clock());
        assert_eq!(paged.wanted(7), None, "the end is far");
        paged.list.step(crate::list::Step::Last);
        let second = paged.wanted(7).expect("the end is near");
        assert_eq!(second.cursor.as_deref(), Some("c1"));
        paged.arrived(&second, page(3, None), testdata::clock());
        assert_eq!((paged.list.rows().len(), paged.wanted(7)), (53, None));
    }

    #[test]
    fn change_is_read_again_once_and_a_failure_does_not_spin() {
        let mut paged = Paged::<UploadRow>::new(First::Newest);
        let first = paged.wanted(1).expect("first");
        paged.arrived(&first, page(3, None), testdata::clock());
        assert!(paged.wanted(2).is_some());
        paged.failed("no".to_owned(), testdata::clock());
        assert_eq!(paged.wanted(2), None);
        assert!(paged.wanted(3).is_some());
    }
}
