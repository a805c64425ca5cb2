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
                "All matching are selected, loaded or not; * or Esc undoes it"
            }
            (Marking::All, ActsOn::AllMatching) => {
                *acts_on = ActsOn::Rows;
                "The row under the cursor, or marked rows, are selected"
            }
            _ if is_groups => "Groups cannot be marked: select one, or all with *",
            (_, ActsOn::AllMatching) => "All matching are already selected; * undoes it",
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
            ("Enter", "messages of the group; of all groups after *"),
            ("R", "redrive the group: shows a plan, y starts it"),
            ("D X", "discard or purge the group, with a reason"),
            ("*", "select all matching groups, loaded or not"),
            ("/", "search file names and errors"),
            ("Esc", "undo *, the search, the queue"),
        ],
        Level::Letters => &[
            ("Enter", "details of the message"),
            ("Space V", "mark one, a range; freezes the list"),
            ("*", "select all matching messages, loaded or not"),
            ("R", "redrive the selected: shows a plan, y starts it"),
            ("E", "edit the payload of one and redrive it"),
            ("D X", "discard or purge the selected, with a reason"),
            ("/", "search file names and errors"),
        ],
        Level::Letter => &[
            ("j k g G", "scroll; Ctrl-d Ctrl-u by ten lines"),
            ("n N", "next or previous message of the list"),
            ("Enter", "the upload of the message"),
            ("R D X", "redrive, discard, purge: shows a plan"),
            ("E", "edit the payload in $VISUAL or $EDITOR, redrive it"),
        ],
    }
}
