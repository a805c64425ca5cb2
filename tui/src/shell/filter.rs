//! `/`: only rows with that text, or without it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Shell;
use super::keys::Action;
use super::prompt::{Label, Placement, Prompt};
use super::screens::Screens;
use crate::input::Input;
use crate::list::Step;

/// The filter of the list on the screen; it works while it is typed.
#[derive(Debug)]
pub struct FilterPrompt(pub Input);

impl Prompt for FilterPrompt {
    type Owner = Screens;
    const PLACEMENT: Placement = Placement::Line;

    fn key(mut self, key: KeyEvent, screens: &mut Screens, cx: &mut Shell) -> Option<Self> {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return None,
            KeyCode::Esc => {
                screens.set_filter("", cx);
                return None;
            }
            KeyCode::Up | KeyCode::BackTab => screens.act(Action::Step(Step::Up), cx),
            KeyCode::Down | KeyCode::Tab => screens.act(Action::Step(Step::Down), cx),
            KeyCode::Char('p') if is_control => screens.act(Action::Step(Step::Up), cx),
            KeyCode::Char('n') if is_control => screens.act(Action::Step(Step::Down), cx),
            _ => {
                self.0.key(key);
                screens.set_filter(self.0.text(), cx);
            }
        }
        Some(self)
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.0)
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        Some(&mut self.0)
    }

    fn pasted(&mut self, screens: &mut Screens, cx: &mut Shell) {
        screens.set_filter(self.0.text(), cx);
    }

    fn label(&self, screens: &Screens, cx: &Shell) -> Label {
        let aside = if screens.shown_screen().search(cx).is_some() {
            "the daemon searches · Enter keep · Esc clear"
        } else {
            "!text: rows without it · Enter keep · Esc clear"
        };
        Label {
            words: "/".to_owned(),
            aside,
            hint: "",
        }
    }
}
