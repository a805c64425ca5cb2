//! The cases that the queue shows: open, waiting or decided ones, of one cluster or of one contributor.

use crate::shell::Shell;
use tradepost_common::Page;
use tradepost_common::ids::CaseId;
use tradepost_common::review::CaseRow;
use uuid::Uuid;

use super::{Review, case_page, queue_page};
use crate::client::Reply;
use crate::format;
use crate::paged::PageRequest;
use crate::query::Query;
use crate::theme::Tone;

/// The states of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseState {
    #[default]
    Open,
    /// Until the contributor answers.
    Waiting,
    Decided,
}

impl CaseState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Decided => "decided",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Open => Self::Waiting,
            Self::Waiting => Self::Decided,
            Self::Decided => Self::Open,
        }
    }
}

/// The cases that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseQuery {
    pub which: CaseState,
    pub cluster: Option<Uuid>,
    pub contributor: Option<String>,
}

impl CaseQuery {
    pub fn query(&self) -> Query {
        Query::default()
            .with("which", Some(self.which.as_str()))
            .with("cluster", self.cluster)
            .with("contributor", self.contributor.clone())
    }

    /// ` · of anna · of one look-alike group`.
    pub fn in_words(&self) -> String {
        let mut words = String::new();
        if let Some(contributor) = &self.contributor {
            words.push_str(&format!(" · of {contributor}"));
        }
        if self.cluster.is_some() {
            words.push_str(" · of one look-alike group");
        }
        words
    }
}

impl Review {
    /// `f`: open, then waiting, then decided cases.
    pub fn turn_which(&mut self, cx: &mut Shell) {
        cx.go(queue_page());
        let which = self.case_query.which.next();
        cx.say(Tone::Plain, format!("{} cases", which.as_str()));
        self.ask_for_cases(
            cx,
            CaseQuery {
                which,
                ..self.case_query.clone()
            },
        );
    }

    pub fn only_this_contributor(&mut self, cx: &mut Shell) {
        let Some(contributor) = self.target_row(cx).map(|row| row.contributor.clone()) else {
            return cx.say(Tone::Dim, "Select a case first");
        };
        cx.go(queue_page());
        self.ask_for_cases(
            cx,
            CaseQuery {
                contributor: Some(contributor),
                cluster: None,
                ..self.case_query.clone()
            },
        );
    }

    pub fn only_this_cluster(&mut self, cx: &mut Shell) {
        match self.target_row(cx).map(|row| row.cluster) {
            Some(Some(cluster)) => {
                cx.go(queue_page());
                self.ask_for_cases(
                    cx,
                    CaseQuery {
                        cluster: Some(cluster),
                        contributor: None,
                        ..self.case_query.clone()
                    },
                );
            }
            Some(None) => cx.say(Tone::Dim, "This case has no look-alikes"),
            None => cx.say(Tone::Dim, "Select a case first"),
        }
    }

    /// Esc takes back: the marks, then cluster and contributor, then waiting or decided. Says whether there was one.
    pub fn widen_cases(&mut self, cx: &mut Shell) -> bool {
        if !self.cases.list.marks().is_empty() {
            let marked = format::plural(self.cases.list.marks().len() as i64, "mark", "marks");
            self.cases.list.clear_marks();
            cx.say(Tone::Plain, format!("{marked} removed"));
            return true;
        }
        let query = &self.case_query;
        let is_narrow = query.cluster.is_some() || query.contributor.is_some();
        let wider = match is_narrow {
            true => CaseQuery {
                which: query.which,
                ..CaseQuery::default()
            },
            false if query.which == CaseState::Open => return false,
            false => CaseQuery::default(),
        };
        self.ask_for_cases(cx, wider);
        true
    }

    fn ask_for_cases(&mut self, cx: &mut Shell, query: CaseQuery) {
        if query != self.case_query {
            self.case_query = query;
            self.cases.restart();
            // Rows of another question below its title would be taken for its answer.
            self.cases.list.replace(Vec::new(), cx.clock.utc);
        }
    }

    pub fn cases_arrived(&mut self, cx: &mut Shell, of: &CaseQuery, ask: &PageRequest, reply: Reply<Page<CaseRow>>) {
        if *of != self.case_query || !self.cases.is_wanted(ask) {
            return self.cases.dropped();
        }
        match reply {
            Ok(page) => {
                self.cases.arrived(ask, page, cx.clock);
                if ask.cursor.is_none() {
                    self.taken.clear();
                }
                // The page may be from before a decision that is on its way.
                if of.which != CaseState::Decided {
                    let gone = self.deciding.iter().map(|d| d.id).collect();
                    self.cases.list.remove_all(&gone, cx.clock.utc);
                }
                self.read_next_case(cx);
            }
            Err(e) => self.cases.failed(e.to_string(), cx.clock),
        }
    }

    /// While cases are marked the list holds still, so that what was marked is what is meant.
    pub fn cases_wanted(&mut self, revision: u64) -> Option<PageRequest> {
        self.cases.notice_search();
        let holds_still = !self.cases.list.marks().is_empty() && self.cases.read_at.is_some();
        if holds_still && !self.cases.is_invalidated() && !self.cases.is_restarted() {
            return self.cases.wanted_more(revision);
        }
        self.cases.wanted(revision)
    }

    /// A case was given back or skipped: nobody holds it any more, as far as is known here.
    pub fn left(&mut self, cx: &mut Shell, id: CaseId) {
        let row = self.cases.list.rows().iter().find(|row| row.id == id).cloned();
        if let Some(mut row) = row.filter(|row| row.claimed_by.as_ref().is_some_and(|by| cx.is_me(by))) {
            row.claimed_by = None;
            self.cases.list.update(row, cx.clock.utc);
        }
    }

    /// The case that is open, or the one under the cursor of the queue.
    pub fn target_row(&self, cx: &Shell) -> Option<&CaseRow> {
        match cx.page == case_page() {
            true => self.case.as_ref()?.detail.as_ref().map(|d| &d.case),
            false => self.cases.list.selected(),
        }
    }
}
