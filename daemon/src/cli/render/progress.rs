//! What is seen of a run while it goes on, and the signals that end it.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, PipeReader, Write as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::work::{Counts, Shared};

/// How often the bar of a terminal moves.
const TICK: Duration = Duration::from_millis(250);
/// Ticks between two lines where there is no terminal.
const TICKS_A_LINE: u64 = 20;
/// Ticks that the rate is worked out over.
const WINDOW: usize = 40;
/// What the shell makes of Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;

/// The signals that end a run; they are kept from every thread that is started later.
pub struct Signals {
    descriptor: SignalFd,
}

impl Signals {
    /// Takes the signals over.
    ///
    /// # Errors
    /// When the kernel does not give them.
    pub fn new() -> anyhow::Result<Self> {
        let set: SigSet = [Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
        set.thread_block().context("blocking signals")?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let descriptor = SignalFd::with_flags(&set, flags).context("waiting for signals")?;
        Ok(Self { descriptor })
    }

    /// Waits for a signal, but not for longer than a tick, nor than the run.
    fn wait(&self, running: &PipeReader) -> Waited {
        let deadline = Instant::now() + TICK;
        loop {
            let mut both = [running.as_fd(), self.descriptor.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            let left = deadline.saturating_duration_since(Instant::now()).as_millis();
            let polled = poll(&mut both, PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO));
            if both[0].any() == Some(true) {
                return Waited::Ended;
            }
            if matches!(self.descriptor.read_signal(), Ok(Some(_))) {
                return Waited::Signal;
            }
            if polled == Ok(0) {
                return Waited::Tick;
            }
        }
    }
}

/// What a wait ended with.
enum Waited {
    Tick,
    Signal,
    Ended,
}

/// Shows how far the run is until nobody has the other end of `running` any more.
pub fn watch(shared: &Shared, signals: &Signals, running: &PipeReader) {
    let is_terminal = std::io::stderr().is_terminal();
    let mut rates = Rates::default();
    let mut ticks = 0_u64;
    loop {
        match signals.wait(running) {
            Waited::Tick => ticks += 1,
            Waited::Ended => break,
            Waited::Signal => {
                if !shared.goes_on() {
                    std::process::exit(EXIT_INTERRUPTED);
                }
                shared.stop.store(true, Ordering::Relaxed);
                note("\nstopping: what is drawn is kept\n");
                continue;
            }
        }
        let line = rates.line(&shared.counts);
        if is_terminal {
            note(&format!("\r\x1b[K{line}"));
        } else if ticks.is_multiple_of(TICKS_A_LINE) {
            note(&format!("{line}\n"));
        }
    }
    if is_terminal {
        note("\r\x1b[K");
    }
}

/// Nobody may be reading.
fn note(text: &str) {
    let mut stderr = std::io::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// What was done when, lately.
#[derive(Default)]
struct Rates(VecDeque<(Instant, u64)>);

impl Rates {
    fn line(&mut self, counts: &Counts) -> String {
        let get = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let (failed, kept, total) = (get(&counts.failed), get(&counts.kept), get(&counts.total));
        let worked = get(&counts.drawn) + failed;
        self.0.push_back((Instant::now(), worked));
        if self.0.len() > WINDOW {
            self.0.pop_front();
        }
        let rate = match (self.0.front(), self.0.back()) {
            (Some((from, before)), Some((to, now))) if to > from => (now - before) as f64 / (*to - *from).as_secs_f64(),
            _ => 0.0,
        };
        let seen = worked + kept;
        let mut line = grouped(seen);
        if total >= seen && total > 0 {
            line += &format!(" of {} ({:.1} %)", grouped(total), seen as f64 * 100.0 / total as f64);
        }
        line += &format!("  {} files/s", grouped(rate.round() as u64));
        if total > seen && rate >= 0.1 {
            line += &format!("  {} left", clock((total - seen) as f64 / rate));
        }
        if kept > 0 {
            line += &format!("  {} kept", grouped(kept));
        }
        if failed > 0 {
            line += &format!("  {} failed", grouped(failed));
        }
        line
    }
}

/// 1234567 as 1,234,567.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds as 1:02:03 or 2:03.
fn clock(seconds: f64) -> String {
    let seconds = seconds.min(1e9) as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_easy_to_read() {
        let numbers = [0, 999, 1_000, 123_456, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!([59.9, 61.0, 3_723.0].map(clock), ["0:59", "1:01", "1:02:03"]);
    }
}
