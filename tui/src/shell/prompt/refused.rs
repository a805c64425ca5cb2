//! The place of a line that must not be typed.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::Shell;
use super::super::screens::Screens;
use super::{Label, Placement, Prompt};

/// Says why, and takes the text that is typed all the same: none of it becomes keys of the screen.
#[derive(Debug)]
pub struct Refused {
    pub why: String,
}

impl Prompt for Refused {
    type Owner = Screens;
    const PLACEMENT: Placement = Placement::Question;

    fn key(self, key: KeyEvent, _screens: &mut Screens, _cx: &mut Shell) -> Option<Self> {
        let is_closed = matches!(key.code, KeyCode::Esc | KeyCode::Enter);
        (!is_closed).then_some(self)
    }

    fn label(&self, _screens: &Screens, _cx: &Shell) -> Label {
        Label {
            words: self.why.clone(),
            hint: "Esc or Enter closes this. Text typed here is ignored",
            ..Label::default()
        }
    }

    fn is_question(&self) -> bool {
        false
    }
}
