//! Dead letters: groups, then messages, then one message. What is on the screen is a selection of the daemon's.

use tradepost_common::Page;
use tradepost_common::dead::{DeadGroup, DeadGroups, DeadPage, DeadRow};
use tradepost_common::operations::Selection;

use super::App;
use super::letter::LetterView;
use super::paged::{Ask, First};
use super::screen::Screen;
use super::selected::{Meant, Selected};
use crate::client::Reply;
use crate::message::Read;
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

impl App {
    pub fn dead_wanted(&mut self) -> Option<Read> {
        let (revision, now) = (self.revisions.dead, self.clock.instant);
        match self.screen {
            Screen::Groups => self.dead.groups.wanted(revision, now).map(|(of, _)| Read::Groups(of)),
            Screen::Letters => {
                let wanted = self.dead.letters.wanted(revision, now);
                wanted.map(|(of, ask)| Read::Letters(of, ask))
            }
            Screen::Letter => self.letter_wanted(),
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
