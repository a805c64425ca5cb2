//! The keys in words: the last line of each screen, and help.

use super::campaigns;
use crate::state::screen::Screen;

/// Keys for the last line of the screen, the most needed first: what does not fit is left out.
pub fn hints(screen: Screen) -> &'static [Help] {
    match screen {
        Screen::Overview => &[
            ("?", "help"),
            (":", "commands"),
            ("p", "freeze"),
            ("e", "export"),
            ("T", "theme"),
            ("W", "arm writing"),
            ("q", "quit"),
        ],
        Screen::Queues => &[
            ("P", "pause/resume"),
            ("C", "concurrency"),
            ("Enter", "dead letters"),
            ("W", "arm writing"),
            ("/", "filter"),
            ("?", "help"),
            ("q", "quit"),
        ],
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
        Screen::Operations => &[
            ("Enter", "open"),
            ("P", "pause/resume"),
            ("X", "cancel"),
            ("C", "rate"),
            ("Tab", "campaigns"),
            ("?", "help"),
            ("W", "arm writing"),
            ("/", "filter"),
            ("q", "quit"),
        ],
        Screen::Operation => &[
            ("Tab", "other messages"),
            ("Enter", "message"),
            ("P", "pause/resume"),
            ("X", "cancel"),
            ("C", "rate"),
            ("W", "arm"),
            ("?", "help"),
        ],
        // Theirs follow the state of the campaign.
        Screen::Campaigns | Screen::Campaign => &[],
        Screen::Alerts => &[
            ("A", "acknowledge"),
            ("W", "arm writing"),
            ("/", "filter"),
            ("s", "sort"),
            ("y", "copy"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Screen::Latency => &[
            ("s S", "sort"),
            ("c", "columns"),
            ("/", "filter"),
            ("p", "freeze"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Screen::Review => &[
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
        ],
        Screen::Item => &[
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
        ],
        Screen::Uploads => &[
            ("Enter", "trace"),
            ("/", "filter"),
            ("s", "sort"),
            ("p", "freeze"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Screen::Trace => &[
            ("Esc", "back"),
            ("Tab", "pane"),
            ("/", "filter"),
            ("y", "copy"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Screen::Audit => &[
            ("/", "filter"),
            ("s", "sort"),
            ("y", "copy"),
            ("e", "export"),
            ("p", "freeze"),
            ("?", "help"),
            ("q", "quit"),
        ],
    }
}

/// A key and what it does.
pub type Help = (&'static str, &'static str);

/// Keys and what they do; a line without meaning is a heading.
pub fn help(screen: Screen) -> Vec<Help> {
    let mut lines: Vec<Help> = own(screen).to_vec();
    if !lines.is_empty() {
        lines.push((" ", ""));
    }
    lines.extend_from_slice(EVERYWHERE);
    lines
}

fn own(screen: Screen) -> &'static [Help] {
    match screen {
        Screen::Queues => &[
            ("P", "pause or resume the queue (operators, after W)"),
            ("C", "how many handlers run at once; empty: as configured"),
            ("Enter", "its dead letters"),
        ],
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
        Screen::Operations | Screen::Operation => &[
            ("P", "pause or resume; one that stopped by itself asks"),
            ("X", "cancel; what is done stays done"),
            ("C", "another rate"),
            ("Enter", "its messages; then the dead letter"),
            ("Tab", "campaigns; in one: all, left out, sent, done, failed ones"),
        ],
        Screen::Campaigns | Screen::Campaign => campaigns::keys::HELP,
        Screen::Alerts => &[("A", "acknowledge: you have taken note; it stays until it clears")],
        Screen::Latency => &[("c", "the last minute, or all since the daemon started")],
        Screen::Review => &[
            ("Enter", "open the case; it is claimed while writing is armed"),
            ("w", "the next case that nobody holds, whichever it is"),
            ("Space V *", "mark one, a range, all that match; Esc takes it back"),
            ("a x", "approve or reject the marked: a plan first, y decides"),
            ("C O", "settle its cluster; all cases of its contributor"),
            ("l o", "show only its cluster; only its contributor"),
            ("f", "open, waiting, decided cases"),
            ("u", "undo the last decision; among decided ones: this one"),
        ],
        Screen::Uploads => &[("Enter", "the trace of one upload across every stage")],
        Screen::Item => &[
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
        ],
        _ => &[],
    }
}

static EVERYWHERE: &[Help] = &[
    ("1 2 3 … 9 0", "screens; - goes to the last one, Esc back"),
    ("j k g G", "move; Ctrl-d Ctrl-u by half a page"),
    (":", "commands by name"),
    ("/ /!", "only rows with, or without, that text; Esc shows all"),
    ("n N", "next or previous row, round and round"),
    ("s S", "sort by the next column; the other way"),
    ("Space V *", "mark; a range; all that match"),
    ("y", "copy (to your clipboard, over ssh too)"),
    ("e", "write the screen as JSON into this folder"),
    ("p", "freeze the screen; p again goes on"),
    ("%", "mouse for this program, or for selecting text"),
    ("T", "theme: dark, light, mono"),
    ("W", "arm writing for 10 minutes; W again disarms"),
    ("q Ctrl-c", "quit; the daemon goes on"),
];
