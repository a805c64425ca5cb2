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
        let decides = decides(c, app.screen);
        let is_typing = app.prompt.as_ref().is_some_and(|p| !view::covers_screen(p));
        if held && decides && !is_typing {
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

fn decides(key: char, screen: Screen) -> bool {
    match screen {
        Screen::Item => matches!(key, 'a' | 'x' | 'n' | 'y' | 'u' | 'X' | 'Q' | '0'..='9'),
        // One decision after the other would be taken back.
        Screen::Review => key == 'u',
        _ => false,
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crossterm::event::KeyModifiers;

    use super::*;
    use crate::message::{Effect, Write};
    use crate::view::testdata::{self, case_id};

    fn undos(app: &App) -> usize {
        let is_undo = |e: &&Effect| matches!(e, Effect::Write(Write::Undo(_)));
        app.effects.iter().filter(is_undo).count()
    }

    #[test]
    fn undo_key_that_is_held_down_takes_back_one_decision() {
        let mut app = testdata::app_with_cases();
        app.act(Action::Arm);
        for n in 1..=3 {
            app.remember(vec![case_id(n)], format!("birds {n}"), "approved");
        }
        let key = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::NONE);
        for _ in 0..10 {
            press(&mut app, key);
            app.clock.instant += Duration::from_millis(30);
        }
        assert_eq!(undos(&app), 1);
        app.clock.instant += Duration::from_secs(1);
        press(&mut app, key);
        assert_eq!(undos(&app), 2);
    }
}
