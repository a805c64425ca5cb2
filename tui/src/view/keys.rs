//! The keys in words: the last line of each screen, and help.

use crate::shell::Hint;
use crate::state::screen::Screen;

/// Keys for the last line of the screen, the most needed first: what does not fit is left out.
pub fn hints(screen: Screen) -> &'static [Hint] {
    match screen {
        Screen::Groups => &[
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
        Screen::Letters => &[
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
        Screen::Letter => &[
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
        Screen::Other => &[],
    }
}

pub fn help(screen: Screen) -> &'static [Hint] {
    match screen {
        Screen::Groups => &[
            ("Enter", "the messages of the group; of all groups after *"),
            ("R", "redrive the group: a plan first, y starts it"),
            ("D X", "discard or purge the group, with a reason"),
            ("*", "mean all that match instead, loaded or not"),
            ("/", "search file names and errors; the daemon does it"),
            ("Esc", "takes back: *, the text, the queue"),
        ],
        Screen::Letters => &[
            ("Enter", "everything about the message"),
            ("Space V", "mark one, a range; the list then holds still"),
            ("*", "mean all that match, loaded or not"),
            ("R", "redrive what is meant: a plan first, y starts it"),
            ("E", "edit the payload of one and send it"),
            ("D X", "discard or purge what is meant, with a reason"),
            ("/", "search file names and errors; the daemon does it"),
        ],
        Screen::Letter => &[
            ("j k g G", "scroll; Ctrl-d Ctrl-u by ten lines"),
            ("n N", "the next or the previous message of the list"),
            ("Enter", "the upload it belongs to"),
            ("R D X", "redrive, discard, purge this one: a plan first"),
            ("E", "edit the payload in $VISUAL or $EDITOR and send it"),
        ],
        _ => &[],
    }
}
