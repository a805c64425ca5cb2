//! Signals that stop a run.

use std::io::PipeReader;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// SIGINT and SIGTERM; they are blocked in every thread that is started later.
pub struct Signals {
    descriptor: SignalFd,
}

/// Event that ended a wait.
pub enum Event {
    Tick,
    Signal,
    /// The other end of the pipe was closed.
    Ended,
}

impl Signals {
    /// Takes the signals over.
    pub fn new() -> anyhow::Result<Self> {
        let set: SigSet = [Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
        set.thread_block().context("blocking signals")?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let descriptor = SignalFd::with_flags(&set, flags).context("waiting for signals")?;
        Ok(Self { descriptor })
    }

    /// Waits for a signal or the end of the pipe, at most for a tick.
    pub fn wait(&self, running: &PipeReader, tick: Duration) -> Event {
        let deadline = Instant::now() + tick;
        loop {
            let mut both = [running.as_fd(), self.descriptor.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            let left = deadline.saturating_duration_since(Instant::now()).as_millis();
            let polled = poll(&mut both, PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO));
            if both[0].any() == Some(true) {
                return Event::Ended;
            }
            if matches!(self.descriptor.read_signal(), Ok(Some(_))) {
                return Event::Signal;
            }
            if polled == Ok(0) {
                return Event::Tick;
            }
        }
    }
}
