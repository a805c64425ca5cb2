//! Dead letters: groups, then messages, then one message. What is on the screen is a selection of the daemon's.

use super::screen;
use crate::shell::Shell;
use tradepost_common::Page;
use tradepost_common::dead::{DeadGroup, DeadGroups, DeadPage, DeadRow};
use tradepost_common::operations::Selection;

use super::Legacy;
use super::letter::LetterView;
use super::screen::Screen;
use super::selected::{Meant, Selected};
use crate::client::Reply;
use crate::paged::{First, PageRequest};
use crate::state::message::Read;
use crate::theme::Tone;

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

impl Legacy {
    pub fn dead_wanted(&mut self, cx: &mut Shell) -> Option<Read> {
        let (revision, now) = (cx.live.revisions.dead, cx.clock.instant);
        match screen(cx) {
            Screen::Groups => self.dead.groups.wanted(revision, now).map(|(of, _)| Read::Groups(of)),
            Screen::Letters => {
                let wanted = self.dead.letters.wanted(revision, now);
                wanted.map(|(of, ask)| Read::Letters(of, ask))
            }
            Screen::Letter => self.letter_wanted(cx),
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

    pub fn groups_arrived(&mut self, cx: &mut Shell, of: Selection, reply: Reply<DeadGroups>) {
        if let Ok(found) = &reply
            && of == self.dead.groups.query
        {
            self.dead.messages = found.messages;
        }
        let page = reply.map(|found| {
            let rows = found.groups;
            (Page { rows, next: None }, found.snapshot)
        });
        self.dead
            .groups
            .arrived(of, &PageRequest { cursor: None }, page, cx.clock);
    }

    pub fn letters_arrived(&mut self, cx: &mut Shell, of: Selection, ask: &PageRequest, reply: Reply<DeadPage>) {
        let page = reply.map(|found| {
            let (rows, next) = (found.rows, found.next);
            (Page { rows, next }, found.snapshot)
        });
        self.dead.letters.arrived(of, ask, page, cx.clock);
    }

    /// The dead letters of a queue, by what they died of.
    pub fn open_dead_of(&mut self, cx: &mut Shell, queue: String) {
        self.dead.groups.ask_for(Selection {
            queue: Some(queue),
            ..Selection::default()
        });
        cx.go(Screen::Groups.page());
    }

    /// The messages of the group under the cursor; of all groups when all are meant.
    pub fn open_group(&mut self, cx: &mut Shell) {
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
        cx.go(Screen::Letters.page());
    }

    /// One thing less: marks, the text, the queue, then the level.
    pub fn leave_dead(&mut self, cx: &mut Shell) {
        let is_taken_back = match screen(cx) {
            Screen::Groups => self.dead.groups.clear_marks(),
            Screen::Letters => self.dead.letters.clear_marks(),
            _ => false,
        };
        if is_taken_back {
        } else if self.dead_text(cx).is_some_and(|text| !text.is_empty()) {
            self.set_dead_text(cx, "");
        } else {
            self.leave_level(cx);
        }
    }

    fn leave_level(&mut self, cx: &mut Shell) {
        match screen(cx) {
            Screen::Letter => {
                let from = self.dead.letter.as_ref().map_or(Screen::Letters.page(), |l| l.from);
                cx.go(from);
            }
            Screen::Letters => cx.go(Screen::Groups.page()),
            _ => {
                self.dead.groups.ask_for(Selection::default());
            }
        }
    }

    /// The text typed after `/` on a list of dead letters.
    pub fn dead_text(&self, cx: &Shell) -> Option<&str> {
        let query = match screen(cx) {
            Screen::Groups => &self.dead.groups.query,
            Screen::Letters => &self.dead.letters.query,
            _ => return None,
        };
        Some(query.text.as_deref().unwrap_or(""))
    }

    /// The daemon searches: there may be a million of them.
    pub fn set_dead_text(&mut self, cx: &mut Shell, typed: &str) {
        let text = (!typed.trim().is_empty()).then(|| typed.to_owned());
        if screen(cx) == Screen::Groups {
            let query = self.dead.groups.query.clone();
            self.dead.groups.ask_for(Selection { text, ..query });
        } else {
            let query = self.dead.letters.query.clone();
            self.dead.letters.ask_for(Selection { text, ..query });
        }
    }

    /// `*`: all that match, by what is asked for and not by loading them.
    pub fn mean_all(&mut self, cx: &mut Shell) {
        let meant = match screen(cx) {
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
        cx.say(Tone::Plain, words);
    }

    /// Why `Space` and `V` mark nothing now, if they don't.
    pub fn cannot_mark(&self, cx: &Shell) -> Option<&'static str> {
        match screen(cx) {
            Screen::Groups => Some("groups are acted on one at a time, or all with *"),
            Screen::Letters if self.dead.letters.meant == Meant::All => {
                Some("all that match are meant already; * takes that back")
            }
            _ => None,
        }
    }
}
