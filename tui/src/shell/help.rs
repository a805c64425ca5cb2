//! `?`: the keys of the page, then those of every screen.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::Shell;
use super::prompt::{Placement, Prompt, scrolled};
use super::screen::Hint;
use super::screens::Screens;
use crate::canvas::Canvas;
use crate::theme::Tone;

/// Help, scrolled so far.
#[derive(Debug)]
pub struct HelpPrompt {
    pub top: usize,
}

impl Prompt for HelpPrompt {
    type Owner = Screens;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(self, key: KeyEvent, _screens: &mut Screens, _cx: &mut Shell) -> Option<Self> {
        scrolled(self.top, key).map(|top| Self { top })
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, screens: &mut Screens, cx: &Shell) {
        let lines = lines(screens, cx);
        let title = format!("Keys of {} (j k scroll, Esc close)", screens.title(cx.page));
        let inside = canvas.window(area, 72, lines.len() as u16, &title);
        self.top = self.top.min(lines.len().saturating_sub(usize::from(inside.height)));
        for (y, (key, meaning)) in (inside.y..inside.bottom()).zip(lines.iter().skip(self.top)) {
            if meaning.is_empty() {
                canvas.put(inside.x, y, inside.width, key, Tone::Dim);
                continue;
            }
            canvas.put(inside.x, y, 16, key, Tone::Accent);
            canvas.put(inside.x + 16, y, inside.width.saturating_sub(16), meaning, Tone::Plain);
        }
    }
}

fn lines(screens: &Screens, cx: &Shell) -> Vec<Hint> {
    let mut lines = screens.shown_screen().help(cx.page).to_vec();
    if !lines.is_empty() {
        lines.push((" ", ""));
    }
    lines.extend_from_slice(EVERYWHERE);
    lines
}

static EVERYWHERE: &[Hint] = &[
    ("1 2 3 … 9 0", "screens; - the previous one, Esc back"),
    ("' and a letter", "screens without a digit"),
    ("j k g G", "move; Ctrl-d Ctrl-u by half a page"),
    ("< >", "columns that do not fit: scroll sideways"),
    (":", "commands by name"),
    ("/ /!", "only rows with, or without (!), a text; Esc shows all"),
    ("n N", "next or previous row, wrapping around"),
    ("s S", "sort by the next column; in reverse"),
    ("Space V *", "mark; a range; all that match"),
    ("y", "copy (to your clipboard, over ssh too)"),
    ("e", "export the screen as JSON into this folder"),
    ("p", "freeze the screen; p again resumes"),
    ("%", "mouse on (click, wheel) or off (select text)"),
    ("T", "theme: dark, light, mono"),
    ("W", "arm writing for 10 minutes; Ctrl-W disarms"),
    ("q Ctrl-c", "quit; the daemon keeps running"),
];
