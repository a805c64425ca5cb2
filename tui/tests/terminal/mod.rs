//! The screens in a real terminal that goes away, is stopped, or says nothing.

mod daemon;
mod jobs;
mod pty;

use std::path::Path;

use nix::sys::signal::Signal;

use daemon::Daemon;
use pty::{Pty, Session};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tradepost");

/// An editor that stays open until its terminal goes.
const EDITOR: &str = "#!/bin/sh\necho the editor is open\nexec cat\n";

/// Ways to send a picture, and the bytes that one begins with.
const PROTOCOLS: [(&str, &str); 4] = [
    ("sixel", "\x1bP"),
    ("iterm2", "\x1b]1337;File="),
    ("kitty", "\x1b_G"),
    ("halfblocks", "▄"),
];

/// The ways to end that nobody at the keyboard chose.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The terminal closes, and the kernel says so.
    HangUp,
    /// The terminal closes, and nothing but the end of input tells of it.
    Silence,
    Signal(Signal),
}

const ENDS: [End; 5] = [
    End::HangUp,
    End::Silence,
    End::Signal(Signal::SIGTERM),
    End::Signal(Signal::SIGHUP),
    End::Signal(Signal::SIGQUIT),
];

fn open(daemon: &Daemon, session: Session, variables: &[(&str, &str)]) -> Pty {
    let socket = daemon.socket().to_str().expect("text");
    let mut all = vec![("TRADEPOST_SOCKET", socket)];
    all.extend_from_slice(variables);
    let mut terminal = Pty::open(Path::new(PROGRAM), &[], session, &all);
    terminal.shows("published");
    terminal
}

/// Opens a terminal, once for every end, and ends it.
fn ends_always(open: impl Fn(Session) -> Pty) {
    for end in ENDS {
        let mut terminal = open(match end {
            End::Silence => Session::Free,
            End::HangUp | End::Signal(_) => Session::Controlled,
        });
        match end {
            End::HangUp | End::Silence => terminal.close(),
            End::Signal(signal) => terminal.signal(signal),
        }
        terminal.ends(&format!("{end:?}"));
    }
}

/// As [`ends_always`], after the terminal was brought into a state.
fn ends_always_in(variables: &[(&str, &str)], reach: impl Fn(&mut Pty)) {
    let daemon = Daemon::start();
    ends_always(|session| {
        let mut terminal = open(&daemon, session, variables);
        reach(&mut terminal);
        terminal
    });
}

#[test]
fn terminal_ends_while_it_is_looked_at() {
    ends_always_in(&[], |_| {});
}

#[test]
fn terminal_ends_while_a_prompt_is_open() {
    ends_always_in(&[], |terminal| {
        terminal.shows_after("2/", "filter");
    });
}

#[test]
fn terminal_ends_while_a_plan_is_open() {
    ends_always_in(&[], |terminal| {
        terminal.shows_after("3", "jail child ended");
        terminal.shows_after("W", "WRITING IS ARMED");
        terminal.shows_after("R", "Plan: redrive");
    });
}

#[test]
fn terminal_ends_while_the_editor_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let editor = folder.path().join("editor");
    std::fs::write(&editor, EDITOR).expect("a file");
    let command = format!("/bin/sh {}", editor.display());
    ends_always_in(&[("EDITOR", &command)], |terminal| {
        terminal.shows_after("3", "jail child ended");
        terminal.shows_after("\r", "icons/broken.svg");
        terminal.shows_after("W", "WRITING IS ARMED");
        terminal.shows_after("E", "the editor is open");
    });
}

#[test]
fn terminal_ends_while_a_picture_is_shown() {
    for (protocol, marker) in PROTOCOLS {
        ends_always_in(&[("TRADEPOST_GRAPHICS", protocol)], |terminal| {
            terminal.shows_after("7", "birds / line");
            terminal.shows_after("\r", "icons/arrow.svg");
            terminal.sends(marker);
        });
    }
}

#[test]
fn terminal_ends_while_there_is_no_daemon() {
    ends_always(|session| {
        let variables = [("TRADEPOST_SOCKET", "/nonexistent/control.sock")];
        let mut terminal = Pty::open(Path::new(PROGRAM), &[], session, &variables);
        terminal.shows("NOT CONNECTED");
        terminal
    });
}

/// Nobody reads what it draws: it hangs in a write.
#[test]
fn terminal_that_takes_no_more_bytes_still_ends() {
    let daemon = Daemon::start();
    let mut terminal = open(&daemon, Session::Controlled, &[]);
    terminal.write_until_a_write_hangs("0123456");
    terminal.signal(Signal::SIGTERM);
    terminal.ends_unread("SIGTERM while nobody reads");
}

#[test]
fn pictures_come_and_go_and_so_do_sizes() {
    let daemon = Daemon::start();
    for (protocol, marker) in PROTOCOLS {
        let mut terminal = open(&daemon, Session::Controlled, &[("TRADEPOST_GRAPHICS", protocol)]);
        terminal.shows_after("7", "birds / line");
        terminal.shows_after("\r", "icons/arrow.svg");
        terminal.sends(marker);
        for key in ["f", "b", "f", "\r"] {
            terminal.write(key);
            terminal.shows_after("?", "Keys of Item");
            terminal.shows_after("?1", "published");
            terminal.resize(90, 30);
            terminal.shows_after("8", "birds / line");
            terminal.shows_after("7", "TITLE");
            terminal.resize(120, 40);
            terminal.shows_after("8", "a approves 1 file");
        }
        terminal.write("q");
        assert!(terminal.ends("q").success(), "{protocol}");
    }
}
