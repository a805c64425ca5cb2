//! Keys, pasted text and the mouse, read from the terminal.
//!
//! The terminal has one reader, and it is this one: crossterm's spins for ever once the terminal is gone, and holds a
//! lock that everything else of it waits for.

mod parse;
mod unbracketed;

use std::collections::VecDeque;
use std::io::{self, Stdin};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

use parse::Parser;
use unbracketed::Unbracketed;

const READ_BYTES: usize = 4096;

/// The keyboard of this terminal, or one that nobody presses.
pub struct Keyboard {
    tty: Option<AsyncFd<Stdin>>,
    parser: Parser,
    unbracketed: Unbracketed,
    events: VecDeque<Event>,
    read_at: Instant,
}

impl Keyboard {
    #[expect(
        deprecated,
        reason = "its successor is unsafe; standard input stays open as long as the process"
    )]
    pub fn attached() -> io::Result<Self> {
        let tty = AsyncFd::with_interest(io::stdin(), Interest::READABLE)?;
        Ok(Self {
            tty: Some(tty),
            ..Self::none()
        })
    }

    pub fn none() -> Self {
        Self {
            tty: None,
            parser: Parser::default(),
            unbracketed: Unbracketed::default(),
            events: VecDeque::new(),
            read_at: Instant::now(),
        }
    }

    /// The next event; `None` when the terminal is gone. Nothing is lost when this is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pop() {
                return Some(event);
            }
            let Some(tty) = &self.tty else {
                return std::future::pending().await;
            };
            let mut buffer = [0; READ_BYTES];
            let gap = self.parser.gap().unwrap_or(Duration::MAX);
            let Ok(read) = timeout(gap.saturating_sub(self.read_at.elapsed()), read(tty, &mut buffer)).await else {
                self.events.extend(self.parser.give_up());
                continue;
            };
            match read {
                Ok(count) if count > 0 => self.push(&buffer[..count]),
                // The end of input, EIO: both say that the other side is closed.
                _ => return None,
            }
        }
    }

    /// Takes the bytes of one read.
    fn push(&mut self, bytes: &[u8]) {
        let mut events = VecDeque::new();
        self.parser.push(bytes, &mut events);
        self.read_at = Instant::now();
        self.events.extend(self.unbracketed.group(events.into(), self.read_at));
    }

    /// The next event of those that were read already.
    pub fn pop(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

async fn read(tty: &AsyncFd<Stdin>, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        let mut ready = tty.readable().await?;
        let read = ready.try_io(|tty| {
            // The descriptor is shared with the shell: it must not be made non-blocking, so it is asked before.
            let mut fds = [PollFd::new(tty.get_ref().as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::ZERO)? == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(nix::unistd::read(tty.get_ref(), buffer)?)
        });
        match read {
            Ok(Err(e)) if e.kind() == io::ErrorKind::Interrupted => {}
            Ok(read) => return read,
            // It was not ready after all.
            Err(_) => {}
        }
    }
}
