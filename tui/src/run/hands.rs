//! Keys and the mouse, and what they are not taken for.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEventKind};

use crate::input::{self, Action};
use crate::state::App;
use crate::state::list::Step;
use crate::state::prompt::Prompt;
use crate::state::screen::Screen;
use crate::view;

/// What a key does. Keys of a decision are not taken from a key that is held down.
pub fn press(app: &mut App, key: KeyEvent) {
    if let KeyCode::Char(c) = key.code {
        let held = app.is_held_down(c);
        let decides = matches!(c, 'a' | 'x' | 'n' | 'y' | '0'..='9');
        let is_typing = app.prompt.as_ref().is_some_and(|p| !view::covers_screen(p));
        if held && decides && app.screen == Screen::Item && !is_typing {
            return;
        }
        // A key that was held down over the question is no answer to it.
        if held && c == 'y' && app.prompt.as_ref().is_some_and(Prompt::is_question) {
            return;
        }
    }
    if let Some(action) = input::action(key, app.screen, app.prompt.as_ref()) {
        app.act(action);
    }
}

pub fn click(app: &mut App, kind: MouseEventKind, column: u16, row: u16) {
    if app.prompt.is_some() {
        return;
    }
    match kind {
        MouseEventKind::ScrollDown => app.act(Action::Step(Step::Down)),
        MouseEventKind::ScrollUp => app.act(Action::Step(Step::Up)),
        MouseEventKind::Down(MouseButton::Left) => {
            let rows = app.rows_area;
            if rows.contains((column, row).into()) {
                app.click(usize::from(row - rows.y));
            }
        }
        _ => {}
    }
}
