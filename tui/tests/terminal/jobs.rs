//! The screens under a shell with job control.

use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::PROGRAM;
use super::daemon::Daemon;
use super::pty::{Pty, Session};

const PROMPT: &str = "shell-is-back";
const CTRL_Z: &str = "\x1a";

/// A shell, and the screens as its job in the foreground.
struct Job {
    terminal: Pty,
    pid: Pid,
    _daemon: Daemon,
}

impl Job {
    fn start() -> Self {
        let daemon = Daemon::start();
        let socket = daemon.socket().to_str().expect("text").to_owned();
        let variables = [("TRADEPOST_SOCKET", socket.as_str()), ("PS1", PROMPT)];
        let mut terminal = Pty::open(Path::new("/bin/sh"), &["-i"], Session::Controlled, &variables);
        terminal.shows(PROMPT);
        let file = daemon.socket().with_file_name("pid");
        let command = format!("sh -c 'echo $$ > {}; exec {PROGRAM}'\n", file.display());
        terminal.shows_after(&command, "published");
        let number = std::fs::read_to_string(file).expect("the shell wrote its number");
        let pid = Pid::from_raw(number.trim().parse().expect("a number"));
        Self {
            terminal,
            pid,
            _daemon: daemon,
        }
    }

    fn suspend(&mut self) {
        // The prompt from before comes up with the shell's screen, a moment before the process stops.
        self.terminal.shows_after(CTRL_Z, PROMPT);
        self.terminal.process_stops(self.pid);
    }

    fn resume(&mut self) {
        self.terminal.shows_after("fg\n", "published");
    }

    /// It takes keys and draws.
    fn is_alive(&mut self) {
        self.terminal.shows_after("?", "Keys of Overview");
        self.terminal.shows_after("?2?", "Keys of Queues");
        self.terminal.write("?1");
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("the process is there");
    }
}

#[test]
fn stopped_terminal_goes_on_and_draws_again() {
    let mut job = Job::start();
    for _ in 0..3 {
        job.suspend();
        job.resume();
        job.is_alive();
    }
    job.terminal.shows_after("q", PROMPT);
}

#[test]
fn terminal_ends_after_it_was_stopped_and_went_on() {
    for signal in [None, Some(Signal::SIGTERM), Some(Signal::SIGHUP)] {
        let mut job = Job::start();
        job.suspend();
        job.resume();
        match signal {
            Some(signal) => job.signal(signal),
            None => job.terminal.close(),
        }
        job.terminal.process_ends(job.pid);
    }
}

#[test]
fn stopped_terminal_ends_with_its_terminal_or_by_a_signal() {
    for signal in [None, Some(Signal::SIGTERM)] {
        let mut job = Job::start();
        job.suspend();
        match signal {
            Some(signal) => {
                job.signal(signal);
                job.signal(Signal::SIGCONT);
            }
            None => job.terminal.close(),
        }
        job.terminal.process_ends(job.pid);
    }
}

#[test]
fn terminal_in_the_background_waits_for_the_foreground() {
    let mut job = Job::start();
    job.suspend();
    job.terminal.write("bg\n");
    job.terminal.shows_after("echo one$((1 + 1))three\n", "one2three");
    job.resume();
    job.is_alive();
}

#[test]
fn terminal_that_another_stopped_draws_again() {
    let mut job = Job::start();
    job.signal(Signal::SIGSTOP);
    job.terminal.shows(PROMPT);
    job.terminal.write("fg\n");
    job.terminal.hides(PROMPT);
    job.is_alive();
}
