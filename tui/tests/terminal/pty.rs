//! A pseudo-terminal with a program on it.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// It takes far less; a slow machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);
const ROWS: u16 = 40;
const COLUMNS: u16 = 120;
const LOOK: Duration = Duration::from_millis(20);

/// The connection of the terminal with the program's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// The kernel sends HUP when the terminal closes.
    Controlled,
    /// No signal tells of the end, only the end of input.
    Free,
}

/// The side of the terminal that somebody sits at.
pub struct Pty {
    /// `None` when it is closed.
    master: Option<File>,
    child: Child,
    screen: vt100::Parser,
    /// The bytes that came since the last keys.
    bytes: Vec<u8>,
}

impl Pty {
    pub fn open(program: &Path, arguments: &[&str], session: Session, variables: &[(&str, &str)]) -> Self {
        let size = Winsize {
            ws_row: ROWS,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // A copy of this side in another process would keep the terminal open.
        static OPENING: Mutex<()> = Mutex::new(());
        let opening = OPENING.lock();
        let pty = openpty(&size, None).expect("a pseudo-terminal");
        for side in [&pty.master, &pty.slave] {
            fcntl(side, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a descriptor");
        }
        drop(opening);
        let slave = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let mut command = Command::new("setsid");
        if session == Session::Controlled {
            command.arg("--ctty");
        }
        command
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm-256color")
            .envs(variables.iter().copied())
            .stdin(slave())
            .stdout(slave())
            .stderr(slave());
        let child = command.spawn().expect("the program starts");
        Self {
            master: Some(pty.master.into()),
            child,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            bytes: Vec::new(),
        }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the process is there");
    }

    pub fn write(&self, keys: &str) {
        let master = self.master.as_ref().expect("the terminal is open");
        nix::unistd::write(master, keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Reads until the words are on the screen.
    pub fn shows(&mut self, words: &str) {
        self.read_until(&format!("{words:?} is shown"), |text| text.contains(words));
    }

    /// Reads until they are no more.
    pub fn hides(&mut self, words: &str) {
        self.read_until(&format!("{words:?} is gone"), |text| !text.contains(words));
    }

    fn read_until(&mut self, what: &str, is_there: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if is_there(&text) {
                return;
            }
            assert!(Instant::now() < deadline, "it never happens that {what}:\n{text}");
            assert!(self.ended().is_none(), "it ended before {what}:\n{text}");
            self.read();
        }
    }

    /// Writes keys, then waits until the words that they bring up are shown.
    pub fn shows_after(&mut self, keys: &str, words: &str) {
        assert!(
            !self.text().contains(words),
            "{words:?} is shown already:\n{}",
            self.text()
        );
        self.bytes.clear();
        self.write(keys);
        self.shows(words);
    }

    /// Reads until the program has sent the bytes.
    pub fn sends(&mut self, bytes: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !String::from_utf8_lossy(&self.bytes).contains(bytes) {
            assert!(Instant::now() < deadline, "{bytes:?} is not sent:\n{}", self.text());
            assert!(self.ended().is_none(), "it ended before {bytes:?}:\n{}", self.text());
            self.read();
        }
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// The window has another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(rows, columns);
        let master = self.master.as_ref().expect("the terminal is open");
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut stty = Command::new("stty");
        stty.args(["cols", &columns, "rows", &rows]);
        let done = stty.stdin(master.try_clone().expect("a descriptor")).status();
        assert!(done.expect("stty runs").success());
    }

    fn read(&mut self) {
        let Some(master) = &self.master else {
            return std::thread::sleep(LOOK);
        };
        let timeout = PollTimeout::try_from(LOOK).expect("a short time");
        let mut fds = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout).expect("poll works") == 0 {
            return;
        }
        while poll(&mut fds, PollTimeout::ZERO).expect("poll works") > 0 {
            let mut buffer = [0; 65536];
            match nix::unistd::read(master, &mut buffer) {
                Ok(count) if count > 0 => {
                    self.bytes.extend_from_slice(&buffer[..count]);
                    self.screen.process(&buffer[..count]);
                }
                // The program has gone.
                _ => return std::thread::sleep(LOOK),
            }
        }
    }

    pub fn close(&mut self) {
        self.master = None;
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// Waits until the program has ended.
    pub fn ends(&mut self, how: &str) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end: {how}\n{}", self.text());
            self.read();
        }
    }

    /// Waits until a process on the terminal has ended.
    pub fn process_ends(&mut self, pid: Pid) {
        self.until_state(pid, "does not end", |state| matches!(state, None | Some('Z' | 'X')));
    }

    pub fn process_stops(&mut self, pid: Pid) {
        self.until_state(pid, "does not stop", |state| state == Some('T'));
    }

    /// Types keys and reads nothing, until the program hangs in a write to the full terminal.
    pub fn write_until_a_write_hangs(&mut self, keys: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !hangs_in_write(self.child.id()) {
            assert!(Instant::now() < deadline, "no write hangs");
            self.write(keys);
            std::thread::sleep(LOOK);
        }
    }

    fn until_state(&mut self, pid: Pid, fault: &str, is_reached: impl Fn(Option<char>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_reached(state_of(pid)) {
            assert!(Instant::now() < deadline, "{pid} {fault}\n{}", self.text());
            self.read();
        }
    }

    /// As [`Self::ends`], without reading what the program still draws.
    pub fn ends_unread(&mut self, how: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.ended().is_none() {
            assert!(Instant::now() < deadline, "it does not end: {how}");
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It has ended, or the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A thread of the process sleeps in the system call `write`.
fn hangs_in_write(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let write = format!("{} ", nix::libc::SYS_write);
    threads.flatten().any(|thread| {
        let call = std::fs::read_to_string(thread.path().join("syscall"));
        call.is_ok_and(|call| call.starts_with(&write))
    })
}

/// The state letter of a process in `/proc`; `None` when it is gone.
fn state_of(pid: Pid) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
