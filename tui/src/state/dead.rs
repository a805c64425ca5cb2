//! Dead letters: groups, then messages, then one message. What is on the screen is a selection of the daemon's.

use std::time::Instant;

use tradepost_common::Page;
use tradepost_common::dead::{DeadDetail, DeadGroup, DeadGroups, DeadPage, DeadRow, Snapshot};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Selection;

use super::App;
use super::clock::Clock;
use super::list::{Order, Step};
use super::paged::{Ask, First, Paged};
use super::screen::Screen;
use crate::client::Reply;
use crate::message::Read;
use crate::table::Row;
use crate::theme::Tone;
use crate::view::letter::Document;

/// The three levels of screen 3.
pub struct Dead {
    pub groups: Selected<DeadGroup>,
    /// Dead letters of all groups that are shown.
    pub messages: i64,
    pub letters: Selected<DeadRow>,
    pub letter: Option<LetterView>,
}

impl Default for Dead {
    fn default() -> Self {
        Self {
            groups: Selected::new(First::Sorted),
            messages: 0,
            letters: Selected::new(First::Newest),
            letter: None,
        }
    }
}

/// Which rows an act means.
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
    /// What is asked for.
    pub query: Selection,
    /// What the rows on the screen are of.
    shown: Option<(Selection, Snapshot)>,
    pub meant: Meant,
}

impl<R: Row> Selected<R> {
    fn new(first: First) -> Self {
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
        (*of == self.query && self.paged.read_at.is_some()).then_some(*snapshot)
    }

    /// Whether something is marked: the rows then hold still, so that what was marked is what is meant.
    pub fn holds_still(&self) -> bool {
        self.meant == Meant::All || !self.paged.list.marks().is_empty()
    }

    pub fn clear_marks(&mut self) -> bool {
        let had = self.holds_still();
        self.meant = Meant::Rows;
        self.paged.list.clear_marks();
        had
    }

    fn wanted(&mut self, revision: u64) -> Option<(Selection, Ask)> {
        let ask = if self.holds_still() && self.paged.read_at.is_some() {
            self.paged.wanted_more(revision)
        } else {
            self.paged.wanted(revision)
        };
        ask.map(|ask| (self.query.clone(), ask))
    }

    fn arrived(&mut self, of: Selection, ask: &Ask, reply: Reply<(Page<R>, Snapshot)>, clock: Clock) {
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

/// One dead letter on the screen.
pub struct LetterView {
    pub id: MessageId,
    /// Where Esc leads.
    from: Screen,
    pub detail: Option<DeadDetail>,
    /// Why it could not be read, or not again.
    pub error: Option<String>,
    pub asked_revision: u64,
    loading: bool,
    pub read_at: Option<Instant>,
    pub top: usize,
    /// Everything as lines, once the width is known.
    pub document: Option<Document>,
    /// It is edited as soon as it is here.
    pub edit_wanted: bool,
}

impl LetterView {
    fn new(id: MessageId, from: Screen) -> Self {
        Self {
            id,
            from,
            detail: None,
            error: None,
            asked_revision: u64::MAX,
            loading: false,
            read_at: None,
            top: 0,
            document: None,
            edit_wanted: false,
        }
    }
}

impl LetterView {
    /// Moves the text; drawing stops it at its end.
    pub fn scroll(&mut self, step: Step) {
        let half = 10;
        self.top = match step {
            Step::Up => self.top.saturating_sub(1),
            Step::Down => self.top + 1,
            Step::HalfUp => self.top.saturating_sub(half),
            Step::HalfDown => self.top + half,
            Step::First => 0,
            Step::Last => self.document.as_ref().map_or(0, |d| d.lines.len()),
        };
    }
}

impl App {
    pub fn dead_wanted(&mut self) -> Option<Read> {
        let revision = self.revisions.dead;
        match self.screen {
            Screen::Groups => self.dead.groups.wanted(revision).map(|(of, _)| Read::Groups(of)),
            Screen::Letters => {
                let wanted = self.dead.letters.wanted(revision);
                wanted.map(|(of, ask)| Read::Letters(of, ask))
            }
            Screen::Letter => {
                let letter = self.dead.letter.as_mut()?;
                if letter.loading || letter.asked_revision == revision {
                    return None;
                }
                letter.loading = true;
                letter.asked_revision = revision;
                Some(Read::Letter(letter.id))
            }
            _ => None,
        }
    }

    pub fn distrust_dead(&mut self) {
        self.dead.groups.paged.distrust();
        self.dead.letters.paged.distrust();
        if let Some(letter) = &mut self.dead.letter {
            letter.asked_revision = u64::MAX;
        }
    }

    pub fn groups_arrived(&mut self, of: Selection, reply: Reply<DeadGroups>) {
        if let Ok(found) = &reply
            && of == self.dead.groups.query
        {
            self.dead.messages = found.messages;
        }
        let page = reply.map(|found| {
            let rows = found.groups;
            (Page { rows, next: None }, found.snapshot)
        });
        self.dead.groups.arrived(of, &Ask { cursor: None }, page, self.clock);
    }

    pub fn letters_arrived(&mut self, of: Selection, ask: &Ask, reply: Reply<DeadPage>) {
        let page = reply.map(|found| {
            let (rows, next) = (found.rows, found.next);
            (Page { rows, next }, found.snapshot)
        });
        self.dead.letters.arrived(of, ask, page, self.clock);
    }

    pub fn letter_arrived(&mut self, id: MessageId, reply: Reply<Box<DeadDetail>>) {
        let read_at = self.clock.instant;
        let Some(letter) = self.dead.letter.as_mut().filter(|l| l.id == id) else {
            return;
        };
        letter.loading = false;
        match reply {
            Ok(detail) => {
                letter.detail = Some(*detail);
                letter.document = None;
                letter.error = None;
                letter.read_at = Some(read_at);
                if std::mem::take(&mut letter.edit_wanted) && self.screen == Screen::Letter {
                    self.edit_letter();
                }
            }
            Err(e) => letter.error = Some(e.to_string()),
        }
    }

    /// The dead letters of a queue, by what they died of.
    pub fn open_dead_of(&mut self, queue: String) {
        self.dead.groups.ask_for(Selection {
            queue: Some(queue),
            ..Selection::default()
        });
        self.go(Screen::Groups);
    }

    /// The messages of the group under the cursor; of all groups when all are meant.
    pub fn open_group(&mut self) {
        if self.dead.groups.snapshot().is_none() {
            return;
        }
        let mut query = self.dead.groups.query.clone();
        if self.dead.groups.meant == Meant::Rows {
            let Some(group) = self.dead.groups.paged.list.selected() else {
                return;
            };
            query.queue = Some(group.queue.clone());
            query.fingerprint = Some(group.fingerprint.clone());
        }
        self.dead.letters.ask_for(query);
        self.go(Screen::Letters);
    }

    pub fn open_selected_letter(&mut self) {
        if let Some(id) = self.dead.letters.paged.list.selected().map(|l| l.id) {
            self.open_letter(id);
        }
    }

    pub fn open_letter(&mut self, id: MessageId) {
        if self.dead.letter.as_ref().is_none_or(|l| l.id != id) {
            let from = match (self.screen, &self.dead.letter) {
                (Screen::Operation, _) => Screen::Operation,
                (Screen::Letter, Some(letter)) => letter.from,
                _ => Screen::Letters,
            };
            self.dead.letter = Some(LetterView::new(id, from));
        }
        self.go(Screen::Letter);
    }

    /// The next message of the list, without going back to it.
    pub fn cycle_letter(&mut self, order: Order) {
        self.dead.letters.paged.list.cycle(order);
        self.open_selected_letter();
    }

    /// The trace of the upload that the message is about.
    pub fn open_upload_of_letter(&mut self) {
        let detail = self.dead.letter.as_ref().and_then(|l| l.detail.as_ref());
        match detail.and_then(|d| d.links.upload_id) {
            Some(id) => self.open_trace_of(id),
            None => self.say(Tone::Dim, "this message belongs to no upload"),
        }
    }

    /// One thing less: marks, the text, the queue, then the level.
    pub fn leave_dead(&mut self) {
        let is_taken_back = match self.screen {
            Screen::Groups => self.dead.groups.clear_marks(),
            Screen::Letters => self.dead.letters.clear_marks(),
            _ => false,
        };
        if is_taken_back {
            self.read_what_is_shown();
        } else if self.dead_text().is_some_and(|text| !text.is_empty()) {
            self.set_dead_text("");
        } else {
            self.leave_level();
        }
    }

    fn leave_level(&mut self) {
        match self.screen {
            Screen::Letter => {
                let from = self.dead.letter.as_ref().map_or(Screen::Letters, |l| l.from);
                self.go(from);
            }
            Screen::Letters => self.go(Screen::Groups),
            _ => {
                self.dead.groups.ask_for(Selection::default());
                self.read_what_is_shown();
            }
        }
    }

    /// What was typed after `/` on a list of dead letters.
    pub fn dead_text(&self) -> Option<&str> {
        let query = match self.screen {
            Screen::Groups => &self.dead.groups.query,
            Screen::Letters => &self.dead.letters.query,
            _ => return None,
        };
        Some(query.text.as_deref().unwrap_or(""))
    }

    /// The daemon searches: there may be a million of them.
    pub fn set_dead_text(&mut self, typed: &str) {
        let text = (!typed.trim().is_empty()).then(|| typed.to_owned());
        if self.screen == Screen::Groups {
            let query = self.dead.groups.query.clone();
            self.dead.groups.ask_for(Selection { text, ..query });
        } else {
            let query = self.dead.letters.query.clone();
            self.dead.letters.ask_for(Selection { text, ..query });
        }
        self.read_what_is_shown();
    }

    /// `*`: all that match, by what is asked for and not by loading them.
    pub fn mean_all(&mut self) {
        let meant = match self.screen {
            Screen::Groups => &mut self.dead.groups.meant,
            _ => &mut self.dead.letters.meant,
        };
        *meant = match meant {
            Meant::Rows => Meant::All,
            Meant::All => Meant::Rows,
        };
        let words = match meant {
            Meant::All => "all that match are meant, loaded or not; * or Esc takes that back",
            Meant::Rows => "the row under the cursor, or marked rows, are meant",
        };
        self.say(Tone::Plain, words);
    }

    /// Why `Space` and `V` mark nothing now, if they don't.
    pub fn cannot_mark(&self) -> Option<&'static str> {
        match self.screen {
            Screen::Groups => Some("groups are acted on one at a time, or all with *"),
            Screen::Letters if self.dead.letters.meant == Meant::All => {
                Some("all that match are meant already; * takes that back")
            }
            _ => None,
        }
    }
}
