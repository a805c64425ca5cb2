//! Deadline of an exchange: the clock stops while the child waits for a processor.

use std::io;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::process;

/// A point in time that moves by the time for which a process waits for a processor.
pub struct Deadline {
    pub at: Instant,
    process: Pid,
    /// Time that the process had waited when `at` was set.
    waited: Duration,
}

impl Deadline {
    /// The point `wall` from now.
    pub fn new(wall: Duration, process: Pid) -> Self {
        Self {
            at: Instant::now() + wall,
            process,
            waited: process::waited(process),
        }
    }

    /// Moves to the point `wall` from now.
    pub fn restart(&mut self, wall: Duration) {
        *self = Self::new(wall, self.process);
    }

    /// Time until the deadline, which is moved first when it has passed.
    ///
    /// # Errors
    /// `TimedOut`: none is left.
    pub fn time_left(&mut self) -> io::Result<Duration> {
        let left = self.at.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Ok(left);
        }
        let waited = process::waited(self.process);
        self.at += waited.saturating_sub(self.waited);
        self.waited = waited;
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}
