//! One line that is typed at the bottom of the screen.

use std::fmt::{self, Debug};

use crossterm::event::{KeyCode, KeyEvent};

use super::super::Shell;
use super::{Label, Placement, Prompt};
use crate::input::Input;
use crate::theme::Tone;

type Submit<S> = Box<dyn FnMut(&mut S, &str, &mut Shell) -> Result<(), String>>;
type Cancel<S> = Box<dyn FnOnce(&mut S, &mut Shell)>;

/// A labelled input. Enter submits; a refusal is shown and the line stays open.
pub struct LinePrompt<S> {
    label: String,
    hint: &'static str,
    input: Input,
    submit: Submit<S>,
    cancel: Option<Cancel<S>>,
}

impl<S: 'static> LinePrompt<S> {
    pub fn new(
        label: impl Into<String>,
        submit: impl FnMut(&mut S, &str, &mut Shell) -> Result<(), String> + 'static,
    ) -> Self {
        Self {
            label: label.into(),
            hint: "Enter submit · Esc cancel",
            input: Input::default(),
            submit: Box::new(submit),
            cancel: None,
        }
    }

    pub fn with_text(self, text: &str) -> Self {
        Self {
            input: Input::new(text),
            ..self
        }
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        self.input.text()
    }

    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// Runs on Esc in place of the words "Nothing was changed".
    pub fn or_else(self, cancel: impl FnOnce(&mut S, &mut Shell) + 'static) -> Self {
        Self {
            cancel: Some(Box::new(cancel)),
            ..self
        }
    }
}

impl<S> Debug for LinePrompt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LinePrompt").field(&self.label).finish()
    }
}

impl<S: 'static> Prompt for LinePrompt<S> {
    type Owner = S;
    const PLACEMENT: Placement = Placement::Line;

    fn key(mut self, key: KeyEvent, owner: &mut S, cx: &mut Shell) -> Option<Self> {
        match key.code {
            KeyCode::Esc => {
                match self.cancel {
                    Some(cancel) => cancel(owner, cx),
                    None => cx.say(Tone::Plain, "Nothing was changed"),
                }
                return None;
            }
            KeyCode::Enter => match (self.submit)(owner, self.input.text(), cx) {
                Ok(()) => return None,
                Err(why) => cx.say(Tone::Warn, why),
            },
            _ => self.input.key(key),
        }
        Some(self)
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn label(&self, _owner: &S, _cx: &Shell) -> Label {
        Label {
            words: format!("{}: ", self.label),
            hint: self.hint,
            ..Label::default()
        }
    }
}
