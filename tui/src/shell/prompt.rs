//! Prompts take the keys before the screen does: a line that is typed, a question, a box over the screen.

mod confirm;
mod form;
mod line;
mod refused;

pub use confirm::Confirm;
pub use form::{Field, Fields, FormPrompt};
pub use line::LinePrompt;
pub use refused::Refused;

use std::any::{Any, TypeId};
use std::fmt::Debug;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::Shell;
use crate::canvas::Canvas;
use crate::input::Input;

/// The place of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// The line above the hints: a label and an input.
    Line,
    /// A question, shown in reverse: only `y` does it.
    Question,
    /// A box over the screen.
    Overlay,
}

/// The words of a line or a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    pub words: String,
    /// Shown after the input, on the same line.
    pub aside: &'static str,
    /// The last line, in place of the keys of the screen.
    pub hint: &'static str,
}

/// A prompt with the screen that opened it. [`Confirm`], [`LinePrompt`] and [`FormPrompt`] serve most needs.
pub trait Prompt: Debug + Sized + 'static {
    type Owner: 'static;
    const PLACEMENT: Placement;

    /// Takes every key; `None` closes the prompt.
    fn key(self, key: KeyEvent, owner: &mut Self::Owner, cx: &mut Shell) -> Option<Self>;

    /// The input that takes pasted text. Without one the text is dropped and never becomes keys.
    fn input(&self) -> Option<&Input> {
        None
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        None
    }

    /// Text was pasted into the input.
    fn pasted(&mut self, _owner: &mut Self::Owner, _cx: &mut Shell) {}

    /// The words of a line or a question.
    fn label(&self, _owner: &Self::Owner, _cx: &Shell) -> Label {
        Label::default()
    }

    /// Draws the box of an overlay.
    fn draw(&mut self, _canvas: &mut Canvas<'_>, _area: Rect, _owner: &mut Self::Owner, _cx: &Shell) {}

    /// `y` acts: it is not taken from a key that is held down.
    fn is_question(&self) -> bool {
        Self::PLACEMENT == Placement::Question
    }
}

/// A prompt of any screen.
pub trait AnyPrompt: Any + Debug {
    /// The type of the screen.
    fn owner(&self) -> TypeId;
    fn placement(&self) -> Placement;
    fn is_question(&self) -> bool;
    fn key(self: Box<Self>, key: KeyEvent, owner: &mut dyn Any, cx: &mut Shell);
    fn paste(&mut self, text: &str, owner: &mut dyn Any, cx: &mut Shell);
    fn any_input(&self) -> Option<&Input>;
    fn label(&self, owner: &dyn Any, cx: &Shell) -> Label;
    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, owner: &mut dyn Any, cx: &Shell);
}

impl<P: Prompt> AnyPrompt for P {
    fn owner(&self) -> TypeId {
        TypeId::of::<P::Owner>()
    }

    fn placement(&self) -> Placement {
        P::PLACEMENT
    }

    fn is_question(&self) -> bool {
        Prompt::is_question(self)
    }

    fn key(self: Box<Self>, key: KeyEvent, owner: &mut dyn Any, cx: &mut Shell) {
        if let Some(owner) = owner.downcast_mut()
            && let Some(prompt) = Prompt::key(*self, key, owner, cx)
        {
            cx.ask(prompt);
        }
    }

    fn paste(&mut self, text: &str, owner: &mut dyn Any, cx: &mut Shell) {
        if let (Some(input), Some(owner)) = (self.input_mut(), owner.downcast_mut()) {
            input.paste(text);
            self.pasted(owner, cx);
        }
    }

    fn any_input(&self) -> Option<&Input> {
        self.input()
    }

    fn label(&self, owner: &dyn Any, cx: &Shell) -> Label {
        let label = owner.downcast_ref().map(|owner| Prompt::label(self, owner, cx));
        label.unwrap_or_default()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, owner: &mut dyn Any, cx: &Shell) {
        if let Some(owner) = owner.downcast_mut() {
            Prompt::draw(self, canvas, area, owner, cx);
        }
    }
}

/// The first line of a text that scrolls over the screen; `None` when the key closes it.
pub fn scrolled(top: usize, key: KeyEvent) -> Option<usize> {
    match key.code {
        KeyCode::Char('j') | KeyCode::Down => Some(top + 1),
        KeyCode::Char('k') | KeyCode::Up => Some(top.saturating_sub(1)),
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?' | 'i') => None,
        _ => Some(top),
    }
}
