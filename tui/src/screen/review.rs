//! Review: the queue of cases, and one case with its files, findings and look-alikes.
//!
//! Both pages are one screen, because a decision on a case brings up the next one of the queue.

mod ahead;
mod asking;
mod bulk;
mod bulk_target;
mod case;
mod cli;
mod decide;
mod desk;
mod keys;
mod looks;
mod opening;
mod peek;
mod presence;
mod reasons;
mod record;
mod requests;
mod source;
#[cfg(test)]
mod tests;
mod undo;
mod updates;
mod view;

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::ids::CaseId;
use tradepost_common::review::{CaseDetail, CaseRow};

use crate::canvas::{Canvas, document::Document};
use crate::cli::Subcommand;
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, Paged};
use crate::picture::PictureKey;
use crate::shell::{Action, Badge, Entry, Handled, Hint, Page, Screen, Shell};
use bulk::BulkView;
use bulk_target::BulkTarget;
use case::{CaseView, Pane};
use decide::PendingDecision;
use desk::CaseQuery;
use keys::ReviewKey;
use undo::RecentDecision;

static PAGES: [Page; 2] = [
    Page::tab("cases", '7', "Review", "Rev"),
    Page::tab("case", '8', "Item", "Item"),
];

fn queue_page() -> &'static Page {
    &PAGES[0]
}

fn case_page() -> &'static Page {
    &PAGES[1]
}

pub struct Review {
    pub cases: Paged<CaseRow>,
    pub case_query: CaseQuery,
    pub case: Option<CaseView>,
    /// Cases read ahead.
    pub ahead: VecDeque<(CaseId, CaseDetail)>,
    /// The last case that was read for its picture, and if the reply is still to come.
    peeked: Option<(CaseId, peek::Peek)>,
    /// Cases whose decision is on its way.
    pub deciding: Vec<PendingDecision>,
    /// Cases whose decision was not taken; they come next.
    pub returned: Vec<PendingDecision>,
    /// Cases that somebody else claimed first, until the next page says who.
    pub taken: BTreeSet<CaseId>,
    /// Cases skipped at this terminal; they come last.
    pub skipped: BTreeSet<CaseId>,
    /// The daemon was asked for the next case.
    pub next_wanted: bool,
    /// Decisions made at this terminal, oldest first.
    pub recent_decisions: Vec<RecentDecision>,
    /// The case that was on the screen when a decision was taken back.
    pub undone_from: Option<CaseId>,
    /// The cases of a bulk decision, before it is known what is done with them.
    pub bulk_target: Option<BulkTarget>,
    pub bulk: Option<BulkView>,
    /// The text that contributors read with a bulk rejection.
    pub bulk_note: String,
    /// Plans asked for so far.
    pub tickets: u64,
    /// Columns and rows that a picture has beside the lists.
    pub picture_room: Option<(u16, u16)>,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            cases: Paged::searched(First::Sorted),
            case_query: CaseQuery::default(),
            case: None,
            ahead: VecDeque::new(),
            peeked: None,
            deciding: Vec::new(),
            returned: Vec::new(),
            taken: BTreeSet::new(),
            skipped: BTreeSet::new(),
            next_wanted: false,
            recent_decisions: Vec::new(),
            undone_from: None,
            bulk_target: None,
            bulk: None,
            bulk_note: String::new(),
            tickets: 0,
            picture_room: None,
        }
    }
}

impl Screen for Review {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        match cx.page == case_page() {
            true => view::item::draw(canvas, area, self, cx),
            false => view::queue::draw(canvas, area, self, cx),
        }
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        let is_case = cx.page == case_page();
        if let Action::Letter(c) = *action {
            let key = match is_case {
                true => keys::case_letter(c),
                false => keys::queue_letter(c),
            };
            let Some(key) = key else {
                return Handled::No;
            };
            self.press(cx, key);
            return Handled::Yes;
        }
        match is_case {
            true => self.act_on_case(action, cx),
            false => self.act_on_queue(action, cx),
        }
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        if page != case_page() {
            return Some(&mut self.cases.list);
        }
        self.case.as_mut().map(|case| match case.pane {
            Pane::Findings => &mut case.findings as &mut dyn AnyList,
            Pane::Files => &mut case.files,
        })
    }

    /// The other pane of a case follows.
    fn moved(&mut self, cx: &mut Shell) {
        let case = self.case.as_mut().filter(|_| cx.page == case_page());
        if let Some(case) = case {
            match case.pane {
                Pane::Findings => case.follow_finding(),
                Pane::Files => case.follow_file(),
            }
        }
    }

    fn read(&mut self, cx: &mut Shell) {
        self.read_what_is_shown(cx);
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        self.data_from(cx)
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        (cx.page == queue_page()).then(|| view::queue::document(self, cx))?
    }

    fn preview(&self, room: Rect, cx: &Shell) -> Option<PictureKey> {
        self.peeked_picture(room, cx)
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        let hints = match cx.page == case_page() {
            true => keys::CASE_HINTS,
            false => keys::QUEUE_HINTS,
        };
        hints.to_vec()
    }

    fn help(&self, page: &Page) -> &'static [Hint] {
        match page == case_page() {
            true => keys::CASE_HELP,
            false => keys::QUEUE_HELP,
        }
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        if cx.page != case_page() {
            return export::rows(&self.cases.list);
        }
        self.case.as_ref()?.detail.as_ref().and_then(export::pretty)
    }

    fn is_decision(&self, key: char, cx: &Shell) -> bool {
        match cx.page == case_page() {
            true => matches!(key, 'a' | 'x' | 'n' | 'y' | 'u' | 'X' | 'Q' | '0'..='9'),
            // One decision after the other would be taken back.
            false => key == 'u',
        }
    }

    fn pictures_ahead(&self, cx: &Shell) -> Vec<PictureKey> {
        self.next_pictures(cx)
    }

    fn picture_layout(&self, cx: &Shell) -> Option<u32> {
        self.layout_of_pictures(cx)
    }

    fn enter(&mut self, cx: &mut Shell) {
        match cx.page == case_page() {
            true if self.case.is_none() => self.open_selected_case(cx),
            true => {
                self.claim_case(cx);
                self.say_viewing(cx);
            }
            false => {}
        }
    }

    fn leave(&mut self, page: &'static Page, cx: &mut Shell) {
        if page == case_page() {
            self.release_case(cx);
        }
    }

    fn armed(&mut self, cx: &mut Shell) {
        if cx.page == case_page() {
            self.claim_case(cx);
        }
    }

    fn entries(&self, cx: &Shell) -> Vec<Entry> {
        let press = |words: &str, key: &str, act: ReviewKey| {
            Entry::new(words, key, move |review: &mut Self, cx| review.press(cx, act))
        };
        let mut entries = vec![
            press("next unclaimed case", "w", ReviewKey::Next),
            press("open, waiting or decided cases", "f", ReviewKey::TurnWhich),
            press("decide this look-alike group", "C", ReviewKey::DecideCluster),
            press(
                "decide all cases of this contributor",
                "O",
                ReviewKey::DecideContributor,
            ),
            press("only cases of this look-alike group", "l", ReviewKey::OnlyCluster),
            press("only cases of this contributor", "o", ReviewKey::OnlyContributor),
            press("undo the last decision", "u", ReviewKey::Undo),
        ];
        if let Some(row) = self.target_row(cx) {
            let account = row.contributor.clone();
            let words = format!("lift the ban of {account}");
            entries.push(Entry::new(words, "", move |review: &mut Self, cx| {
                review.ask_unban(account, cx);
            }));
        }
        entries
    }

    fn badge(&self, page: &Page, cx: &Shell) -> Badge {
        let counts = cx.live.overview.as_ref().map(|overview| overview.counts);
        let count = counts
            .filter(|_| page == queue_page())
            .map_or(0, |counts| counts.cases_open);
        Badge { count, is_loud: false }
    }

    fn reconnected(&mut self, cx: &mut Shell) {
        self.invalidate(cx);
    }

    fn tick(&mut self, cx: &mut Shell) {
        self.renew_claim(cx);
        self.say_viewing(cx);
    }

    fn close(&mut self, cx: &mut Shell) {
        self.release_case(cx);
    }

    fn subcommands() -> Vec<Subcommand> {
        cli::subcommands()
    }
}
