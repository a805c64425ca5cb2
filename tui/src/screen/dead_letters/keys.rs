//! Keys of the three pages, and their words in the last line and in help.

use tradepost_common::operations::Selection;

use super::selected::ActsOn;
use super::{DeadLetters, Level};
use crate::shell::{Handled, Hint, Marking, Page, Shell};
use crate::theme::Tone;

impl DeadLetters {
    pub fn open_selected(&mut self, cx: &mut Shell) {
        match Level::on(cx.page) {
            Some(Level::Groups) => self.open_group(cx),
            Some(Level::Letters) => self.open_selected_letter(cx),
            _ => self.open_upload(cx),
        }
    }

    /// One thing less: marks, the text, the queue, then the level.
    pub fn back(&mut self, cx: &mut Shell) -> Handled {
        let Some(list) = self.shown_mut(cx.page) else {
            cx.go(self.letter.as_ref().map_or(Level::Letters.page(), |letter| letter.from));
            return Handled::Yes;
        };
        if list.clear_marks() {
            return Handled::Yes;
        }
        match list.query().text {
            Some(_) => list.search(""),
            None if cx.page == Level::Letters.page() => return Handled::No,
            None => list.ask_for(Selection::default()),
        }
        Handled::Yes
    }

    /// `*` selects all that match, without loading them.
    pub fn mark(&mut self, marking: Marking, cx: &mut Shell) -> Handled {
        let is_groups = cx.page == Level::Groups.page();
        let Some(list) = self.shown_mut(cx.page) else {
            return Handled::No;
        };
        let acts_on = list.acts_on();
        let words = match (marking, *acts_on) {
            (Marking::All, ActsOn::Rows) => {
                *acts_on = ActsOn::AllMatching;
                "all that match are selected, loaded or not; * or Esc takes that back"
            }
            (Marking::All, ActsOn::AllMatching) => {
                *acts_on = ActsOn::Rows;
                "the row under the cursor, or marked rows, are selected"
            }
            _ if is_groups => "groups are acted on one at a time, or all with *",
            (_, ActsOn::AllMatching) => "all that match are selected already; * takes that back",
            (_, ActsOn::Rows) => return Handled::No,
        };
        let tone = match marking {
            Marking::All => Tone::Plain,
            _ => Tone::Dim,
        };
        cx.say(tone, words);
        Handled::Yes
    }

    /// The text that `y` copies where it is not the id of the row.
    pub fn copied(&self, page: &Page) -> Option<String> {
        if page == Level::Letter.page() {
            return self.letter.as_ref().map(|letter| letter.id.to_string());
        }
        let group = self.groups.paged.list.selected()?;
        (page == Level::Groups.page()).then(|| group.fingerprint.clone())
    }
}

/// The most needed first: what does not fit is skipped.
pub fn hints(level: Level) -> &'static [Hint] {
    match level {
        Level::Groups => &[
            ("Enter", "messages"),
            ("R", "redrive"),
            ("D", "discard"),
            ("X", "purge"),
            ("*", "all"),
            ("W", "arm"),
            ("/", "search"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Level::Letters => &[
            ("Enter", "open"),
            ("Spc V *", "mark"),
            ("R", "redrive"),
            ("E", "edit"),
            ("D", "discard"),
            ("X", "purge"),
            ("W", "arm"),
            ("/", "search"),
            ("?", "help"),
        ],
        Level::Letter => &[
            ("j k", "scroll"),
            ("n N", "next"),
            ("R", "redrive"),
            ("E", "edit"),
            ("D", "discard"),
            ("X", "purge"),
            ("Enter", "upload"),
            ("W", "arm"),
            ("?", "help"),
        ],
    }
}

pub fn help(level: Level) -> &'static [Hint] {
    match level {
        Level::Groups => &[
            ("Enter", "the messages of the group; of all groups after *"),
            ("R", "redrive the group: a plan first, y starts it"),
            ("D X", "discard or purge the group, with a reason"),
            ("*", "select all that match instead, loaded or not"),
            ("/", "search file names and errors; the daemon does it"),
            ("Esc", "takes back: *, the text, the queue"),
        ],
        Level::Letters => &[
            ("Enter", "everything about the message"),
            ("Space V", "mark one, a range; the list then holds still"),
            ("*", "select all that match, loaded or not"),
            ("R", "redrive what is selected: a plan first, y starts it"),
            ("E", "edit the payload of one and send it"),
            ("D X", "discard or purge what is selected, with a reason"),
            ("/", "search file names and errors; the daemon does it"),
        ],
        Level::Letter => &[
            ("j k g G", "scroll; Ctrl-d Ctrl-u by ten lines"),
            ("n N", "the next or the previous message of the list"),
            ("Enter", "the upload it belongs to"),
            ("R D X", "redrive, discard, purge this one: a plan first"),
            ("E", "edit the payload in $VISUAL or $EDITOR and send it"),
        ],
    }
}
