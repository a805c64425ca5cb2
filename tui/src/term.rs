//! Taking the terminal over and giving it back, whatever happens in between.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use crate::shell::Mouse;

/// The terminal is taken over and has to be given back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A whole frame at 160 x 48 with colours fits.
const BUFFER_BYTES: usize = 64 << 10;

type Output = BufWriter<Box<dyn Write + Send>>;

/// The terminal while it is ours. Dropping gives it back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Output>>,
}

impl Screen {
    /// Raw mode, the alternate screen, pasting in brackets.
    pub fn take() -> anyhow::Result<Self> {
        restore_on_panic();
        take_over().context("cannot take over the terminal")?;
        let output: Output = BufWriter::with_capacity(BUFFER_BYTES, Box::new(io::stdout()));
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

    /// The next frame is drawn from nothing.
    pub fn wipe(&mut self) -> anyhow::Result<()> {
        self.terminal.clear()?;
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

    /// Takes it again.
    pub fn take_back(&mut self, mouse: Mouse) -> anyhow::Result<()> {
        take_over().context("cannot take the terminal again")?;
        self.set_mouse(mouse)?;
        self.wipe()
    }

    /// Gives the terminal back, stops until the shell goes on, and takes it again.
    pub fn suspend(&mut self) -> anyhow::Result<()> {
        give_back();
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGTSTP).context("cannot stop")?;
        take_over().context("cannot take the terminal again")?;
        self.wipe()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take_over() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Puts the terminal back as it was found. Safe to call at any time, any number of times.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nothing can be done when the terminal is gone.
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
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
