//! Review: the queue of cases, and one case with its files, findings and look-alikes.
//!
//! Both pages are one screen, because a decision on a case brings up the next one of the queue.

mod ahead;
mod asking;
mod bulk;
mod case;
mod cli;
mod decide;
mod desk;
mod keys;
mod looks;
mod opening;
mod presence;
mod reasons;
mod record;
mod requests;
mod settle;
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
use tradepost_common::overview::Role;
use tradepost_common::review::{CaseDetail, CaseRow};

use crate::canvas::Canvas;
use crate::cli::Subcommand;
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, Paged};
use crate::picture::PictureKey;
use crate::shell::{Action, Badge, Confirm, Entry, Handled, Hint, Marking, Page, Screen, Shell};
use crate::theme::Tone;
use bulk::BulkView;
use case::{CaseView, Mode, Pane};
use decide::PendingDecision;
use desk::CaseQuery;
use keys::ReviewKey;
use requests::Write;
use settle::BulkTarget;
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
            cases: Paged::new(First::Sorted),
            case_query: CaseQuery::default(),
            case: None,
            ahead: VecDeque::new(),
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

impl Review {
    fn act_on_case(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match *action {
            Action::Arrow(pan) => self.arrow(cx, pan),
            Action::Step(step) if self.step_in_mode(cx, step) => {}
            Action::OtherPane => {
                if let Some(case) = &mut self.case {
                    case.pane = case.pane.other();
                }
            }
            Action::Open => self.open_in_case(cx),
            Action::Back if self.leave_mode(cx) => {}
            Action::Back if !self.is_filtered(cx) => cx.go(queue_page()),
            Action::Mark(marking) => self.leave_out(marking, cx),
            Action::Copy => match self.case.as_ref().and_then(|case| case.file()) {
                Some(file) => cx.copy(file.path.clone()),
                None => return Handled::No,
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn act_on_queue(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match action {
            Action::Open => self.open_selected_case(cx),
            Action::Back if !self.is_filtered(cx) => {
                self.widen_cases(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn is_filtered(&mut self, cx: &Shell) -> bool {
        self.list(cx.page).is_some_and(|list| !list.filter().is_empty())
    }

    /// Marks are of files, whichever pane the cursor is in.
    fn leave_out(&mut self, marking: Marking, cx: &mut Shell) {
        let Some(case) = &mut self.case else {
            return;
        };
        case.pane = Pane::Files;
        match marking {
            Marking::Range => case.files.mark_range(),
            Marking::All => case.files.mark_all(),
            Marking::One => case.files.toggle_mark(),
        }
        let split = case.split().in_words();
        cx.say(Tone::Plain, format!("a would approve {split}"));
    }

    fn ask_unban(&mut self, account: String, cx: &mut Shell) {
        if cx.may_write(Role::Moderator) {
            let question = format!("Let {account} upload again?");
            cx.ask(Confirm::new(question, move |_: &mut Self, cx| {
                if cx.may_write(Role::Moderator) {
                    cx.say(Tone::Dim, format!("letting {account} in again …"));
                    cx.write(Write::Unban(account));
                }
            }));
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
        let revision = cx.live.revisions.cases;
        if cx.page != case_page() {
            return self.cases.data_from(revision, cx.link.heard_at);
        }
        let case = self.case.as_ref()?;
        match case.error.is_some() || case.asked_revision != revision {
            true => case.read_at,
            false => cx.link.confirmed(case.read_at),
        }
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        let hints = match cx.page == case_page() {
            true => CASE_HINTS,
            false => QUEUE_HINTS,
        };
        hints.to_vec()
    }

    fn help(&self, page: &Page) -> &'static [Hint] {
        match page == case_page() {
            true => CASE_HELP,
            false => QUEUE_HELP,
        }
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        if cx.page != case_page() {
            return export::rows(&self.cases.list);
        }
        self.case
            .as_ref()
            .and_then(|c| c.detail.as_ref())
            .and_then(export::pretty)
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
        let mode = self.case.as_ref().map(|case| case.mode);
        let has_picture = cx.page == case_page() && mode != Some(Mode::Source);
        has_picture.then(|| mode.map_or(0, |mode| mode as u32 + 1))
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
            press("next case nobody holds", "w", ReviewKey::Next),
            press("open, waiting or decided cases", "f", ReviewKey::TurnWhich),
            press("settle this cluster", "C", ReviewKey::SettleCluster),
            press(
                "settle all cases of this contributor",
                "O",
                ReviewKey::SettleContributor,
            ),
            press("only cases of this cluster", "l", ReviewKey::OnlyCluster),
            press("only cases of this contributor", "o", ReviewKey::OnlyContributor),
            press("undo the last decision", "u", ReviewKey::Undo),
        ];
        if let Some(row) = self.row_in_hand(cx) {
            let account = row.contributor.clone();
            let words = format!("let {account} in again");
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
        self.distrust(cx);
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

static QUEUE_HINTS: &[Hint] = &[
    ("Enter", "review"),
    ("w", "next"),
    ("Spc V *", "mark"),
    ("a x", "decide marked"),
    ("u", "undo"),
    ("f", "open/waiting/decided"),
    ("?", "help"),
    ("W", "arm"),
    ("C", "cluster"),
    ("O", "contributor"),
    ("/", "filter"),
    ("q", "quit"),
];

static CASE_HINTS: &[Hint] = &[
    ("a", "approve"),
    ("x", "reject"),
    ("n", "skip"),
    ("Spc", "leave out"),
    ("u", "undo"),
    ("m", "note"),
    ("d", "alike"),
    ("v", "source"),
    ("?", "help"),
    ("b", "blur"),
    ("Q", "ask"),
    ("X", "ban"),
    ("i", "record"),
    ("f", "full"),
    ("z", "zoom"),
    ("B", "background"),
    ("W", "arm"),
    ("L", "give back"),
    ("Esc", "queue"),
];

static QUEUE_HELP: &[Hint] = &[
    ("Enter", "open the case; it is claimed while writing is armed"),
    ("w", "the next case that nobody holds, whichever it is"),
    ("Space V *", "mark one, a range, all that match; Esc takes it back"),
    ("a x", "approve or reject the marked: a plan first, y decides"),
    ("C O", "settle its cluster; all cases of its contributor"),
    ("l o", "show only its cluster; only its contributor"),
    ("f", "open, waiting, decided cases"),
    ("u", "undo the last decision; among decided ones: this one"),
];

static CASE_HELP: &[Hint] = &[
    ("a", "approve: blocked and marked files are left out"),
    ("x", "reject: 1-9 for a reason, m a note, f only marked files"),
    ("n", "skip to the next case nobody holds"),
    ("u", "undo the last decision, for ten minutes"),
    ("Space V *", "leave out the file, a range, all that match"),
    ("m", "note to the contributor; goes with the decision"),
    ("Q", "ask the contributor; the case waits for the answer"),
    ("X", "ban the contributor: a reason, then y"),
    ("i", "the contributor's record, letters, earlier decisions"),
    ("d", "beside its look-alike; ] [ next, previous"),
    ("v Enter", "the text at the line of the finding; ] [ other findings"),
    ("f", "the picture alone; Enter on a file too"),
    ("z Z + _", "zoom in, out; arrows move"),
    ("b B", "blur on or off; background checker, light, dark"),
    ("C O", "settle its cluster; all cases of its contributor"),
    ("L", "give the case back and leave"),
    ("Tab", "findings or files"),
];
