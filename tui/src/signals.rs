//! The signals that end the terminal in good order, and those of the shell's job control.

use std::time::Duration;

use nix::sys::signal::{Signal as Number, kill};
use nix::unistd::Pid;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

use crate::term;

/// A terminal that does not end by itself within this time is ended.
const LONGEST_END: Duration = Duration::from_millis(900);
/// The exit code of a terminal that a signal had to end.
const ENDED: i32 = 130;
/// A process that nobody can bring back to the foreground is not stopped by Ctrl-Z: it goes on after so long.
const STOPS_WITHIN: Duration = Duration::from_millis(200);
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// The request of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// TERM, HUP, QUIT.
    Stop,
    /// INT. Ctrl-C in an editor is meant for the editor.
    Interrupt,
    /// CONT: the process was stopped and goes on.
    Resume,
    /// WINCH: the terminal has another size.
    Resize,
}

pub struct Signals {
    terminate: Signal,
    hang_up: Signal,
    quit: Signal,
    interrupt: Signal,
    resume: Signal,
    resize: Signal,
}

impl Signals {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            interrupt: signal(SignalKind::interrupt())?,
            resume: signal(SignalKind::from_raw(Number::SIGCONT as i32))?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Stop,
            _ = self.quit.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.resume.recv() => Asked::Resume,
            _ = self.resize.recv() => Asked::Resize,
        }
    }

    /// Waits until the terminal belongs to this process group: another one must neither draw on it nor change it.
    pub async fn foreground(&mut self) -> Result<(), Asked> {
        while !term::is_foreground() && !term::is_gone() {
            if let Ok(asked @ (Asked::Stop | Asked::Interrupt)) = timeout(LOOKS_EVERY, self.next()).await {
                return Err(asked);
            }
        }
        Ok(())
    }

    /// Stops the process group, as the terminal does for Ctrl-Z, until the shell goes on with it.
    pub async fn suspend(&mut self) -> std::io::Result<()> {
        kill(Pid::from_raw(0), Number::SIGTSTP)?;
        // The signal may reach another thread first, which is a moment later.
        let _ = timeout(STOPS_WITHIN, self.resume.recv()).await;
        Ok(())
    }
}

/// Ends the process when a signal asked for it and the loop has not: it may hang in a terminal that takes no more bytes.
pub async fn enforce(mut signals: Signals) {
    while signals.next().await != Asked::Stop {}
    sleep(LONGEST_END).await;
    term::restore_modes();
    std::process::exit(ENDED);
}
