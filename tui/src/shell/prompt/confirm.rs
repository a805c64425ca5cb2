//! A question that only `y` answers with yes.

use std::fmt::{self, Debug};

use crossterm::event::{KeyCode, KeyEvent};

use super::super::Shell;
use super::super::keys::plain;
use super::{Label, Placement, Prompt};
use crate::theme::Tone;

type Run<S> = Box<dyn FnOnce(&mut S, &mut Shell)>;

/// A question before something risky. Neither Enter nor the key that asked is a yes.
pub struct Confirm<S> {
    question: String,
    hint: &'static str,
    yes: Run<S>,
    no: Option<Run<S>>,
}

impl<S: 'static> Confirm<S> {
    pub fn new(question: impl Into<String>, yes: impl FnOnce(&mut S, &mut Shell) + 'static) -> Self {
        Self {
            question: question.into(),
            hint: "y confirm · Esc cancel",
            yes: Box::new(yes),
            no: None,
        }
    }

    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// Runs on a no in place of the words "Nothing was done".
    pub fn or_else(self, no: impl FnOnce(&mut S, &mut Shell) + 'static) -> Self {
        Self {
            no: Some(Box::new(no)),
            ..self
        }
    }
}

impl<S> Debug for Confirm<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Confirm").field(&self.question).finish()
    }
}

impl<S: 'static> Prompt for Confirm<S> {
    type Owner = S;
    const PLACEMENT: Placement = Placement::Question;

    fn key(self, key: KeyEvent, owner: &mut S, cx: &mut Shell) -> Option<Self> {
        match plain(key) {
            Some(KeyCode::Char('y')) => (self.yes)(owner, cx),
            Some(KeyCode::Esc | KeyCode::Char('q' | 'n')) => match self.no {
                Some(no) => no(owner, cx),
                None => cx.say(Tone::Plain, "Nothing was done"),
            },
            _ => return Some(self),
        }
        None
    }

    fn label(&self, _owner: &S, _cx: &Shell) -> Label {
        Label {
            words: self.question.clone(),
            hint: self.hint,
            ..Label::default()
        }
    }
}
