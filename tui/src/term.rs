//! Taking the terminal over and giving it back, whatever happens in between.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use crate::shell::Mouse;

/// The terminal is taken over and has to be given back.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The modes it was found in.
static MODES: Mutex<Option<Termios>> = Mutex::new(None);

/// A whole frame at 160 x 48 with colours fits.
const BUFFER_BYTES: usize = 64 << 10;

type Output = BufWriter<Box<dyn Write + Send>>;

/// Standard output, also where another program has made it non-blocking: a frame is written whole.
struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match nix::unistd::write(io::stdout(), bytes) {
                Err(Errno::EAGAIN) => {
                    let stdout = io::stdout();
                    poll(
                        &mut [PollFd::new(stdout.as_fd(), PollFlags::POLLOUT)],
                        PollTimeout::NONE,
                    )?;
                }
                Err(Errno::EINTR) => {}
                written => return written.map_err(Into::into),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal while it is ours. Dropping gives it back.
///
/// The terminal is never asked for anything: an answer would have to be read, and may never come.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Output>>,
}

impl Screen {
    /// Raw mode, the alternate screen, pasting in brackets.
    pub fn take() -> anyhow::Result<Self> {
        restore_on_panic();
        take_over().context("cannot take over the terminal")?;
        let output: Output = BufWriter::with_capacity(BUFFER_BYTES, Box::new(Tty));
        let terminal = Terminal::new(CrosstermBackend::new(output)).context("cannot draw on the terminal")?;
        Ok(Self { terminal })
    }

    /// Draws into nothing, as large as a small terminal: for measuring without one.
    pub fn nowhere() -> anyhow::Result<Self> {
        let output: Output = BufWriter::new(Box::new(io::sink()));
        let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
        let options = TerminalOptions { viewport };
        let terminal = Terminal::with_options(CrosstermBackend::new(output), options)?;
        Ok(Self { terminal })
    }

    /// One frame, shown by the terminal all at once.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> anyhow::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(render)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(())
    }

    /// The next frame is drawn from nothing. `Terminal::clear` would ask for the cursor's position.
    pub fn wipe(&mut self) -> anyhow::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())?;
        Ok(())
    }

    pub fn set_mouse(&mut self, mouse: Mouse) -> anyhow::Result<()> {
        match mouse {
            Mouse::Captured => execute!(self.terminal.backend_mut(), EnableMouseCapture)?,
            Mouse::Free => execute!(self.terminal.backend_mut(), DisableMouseCapture)?,
        }
        Ok(())
    }

    /// Sends a sequence that draws nothing.
    pub fn send(&mut self, sequence: &str) -> anyhow::Result<()> {
        let output = self.terminal.backend_mut();
        output.write_all(sequence.as_bytes())?;
        Write::flush(output)?;
        Ok(())
    }

    /// To the clipboard of the terminal (OSC 52), which works over ssh.
    pub fn copy(&mut self, text: &str) -> anyhow::Result<()> {
        use base64::Engine;
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        self.send(&format!("\x1b]52;c;{encoded}\x07"))
    }

    /// Gives the terminal to another program.
    pub fn lend(&mut self) {
        give_back();
    }

    /// Whoever had the terminal was ended and may not have tidied up: dropping does.
    pub fn reclaim(&mut self) {
        TAKEN.store(true, Ordering::SeqCst);
    }

    /// Takes it again, in whatever mode it was left.
    pub fn take_back(&mut self, mouse: Mouse) -> anyhow::Result<()> {
        take_over().context("cannot take the terminal again")?;
        self.set_mouse(mouse)?;
        self.wipe()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take_over() -> io::Result<()> {
    let mut modes = tcgetattr(io::stdin())?;
    lock(&MODES).get_or_insert_with(|| modes.clone());
    cfmakeraw(&mut modes);
    tcsetattr(io::stdin(), SetArg::TCSANOW, &modes)?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(Tty, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Puts the terminal back as it was found. Safe to call at any time, any number of times.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nothing can be done when the terminal is gone.
    let _ = execute!(
        Tty,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    restore_modes();
}

/// Ends raw mode, if this process group may: changing the modes of another one's terminal would stop it.
pub fn restore_modes() {
    if let Some(modes) = lock(&MODES).as_ref().filter(|_| is_foreground()) {
        // Nothing can be done when the terminal is gone.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, modes);
    }
}

/// A panic while it was locked has changed nothing in it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The shell has given the terminal to this process group, or there is no shell.
pub fn is_foreground() -> bool {
    tcgetpgrp(io::stdin()).map_or(true, |group| group == getpgrp())
}

/// Nobody holds the other side of the terminal any more.
pub fn is_gone() -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
    let polled = poll(&mut fds, PollTimeout::ZERO);
    polled.is_ok() && fds[0].revents().is_some_and(|flags| flags.intersects(gone))
}

/// The message of a panic must be readable, and the shell usable after it.
///
/// Only where the screen is drawn: a task that panics is noticed by whoever holds its handle, and
/// its message must not be written over the screen.
fn restore_on_panic() {
    let drawing = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == drawing {
            give_back();
        }
        if !TAKEN.load(Ordering::SeqCst) {
            before(info);
        }
    }));
}

/// Somebody sits at this terminal.
pub fn is_interactive() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Pixels of one cell, where the terminal says so; no question is sent to it.
pub fn cell_pixels() -> Option<(u16, u16)> {
    let size = crossterm::terminal::window_size().ok()?;
    let divide = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|&n| n > 0);
    Some((divide(size.width, size.columns)?, divide(size.height, size.rows)?))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;
    use std::os::fd::OwnedFd;
    use std::process::{Command, Stdio};

    use nix::pty::openpty;
    use nix::sys::termios::LocalFlags;

    use super::*;

    /// Runs on the terminal of the test below.
    #[test]
    #[ignore = "takes a terminal over and panics"]
    fn panics_while_it_draws() {
        let mut screen = Screen::take().unwrap();
        screen.draw(|_| panic!("a panic in a frame")).unwrap();
    }

    #[test]
    fn panic_gives_the_screen_back_and_its_message_can_be_read() {
        let pty = openpty(None, None).unwrap();
        let side = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "term::tests::panics_while_it_draws",
                "--ignored",
                "--nocapture",
            ])
            .args(["--test-threads", "1"])
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        let master = pty.master.try_clone().unwrap();
        let reading = std::thread::spawn(move || read_to_end(master));
        assert!(!child.wait().unwrap().success(), "it panicked");
        let modes = tcgetattr(&pty.slave).unwrap();
        let cooked = LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG;
        assert!(modes.local_flags.contains(cooked), "raw mode has ended: {modes:?}");
        drop(pty.slave);
        let text = reading.join().unwrap();
        let entered = text.find("\x1b[?1049h").unwrap();
        let left = text.find("\x1b[?1049l").unwrap();
        let message = text.find("a panic in a frame").unwrap();
        assert!(entered < left && left < message, "{text:?}");
        assert!(
            text[left..message].contains("\x1b[?25h"),
            "the cursor is shown: {text:?}"
        );
    }

    /// A terminal whose other side is closed ends with an error.
    fn read_to_end(master: OwnedFd) -> String {
        let mut bytes = Vec::new();
        let _ = File::from(master).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
