//! Support for tests of the old screens.

use std::any::TypeId;
use std::ops::{Deref, DerefMut};

use super::message::{Read, Update, Write};
use super::prompt::Prompt;
use super::screen::Screen;
use super::{Legacy, old_prompt, screen};
use crate::shell::{self, App, Effect, Shell};

impl Deref for App {
    type Target = Legacy;

    fn deref(&self) -> &Legacy {
        self.screens
            .peek(TypeId::of::<Legacy>())
            .and_then(|any| any.downcast_ref())
            .unwrap()
    }
}

impl DerefMut for App {
    fn deref_mut(&mut self) -> &mut Legacy {
        self.screens.get()
    }
}

impl App {
    pub fn both(&mut self) -> (&mut Legacy, &mut Shell) {
        (self.screens.get(), &mut self.shell)
    }

    pub fn hear(&mut self, update: Update) {
        let (legacy, cx) = self.both();
        legacy.hear(cx, update);
        self.screens.settle(&mut self.shell);
    }

    /// The editor ends.
    pub fn edit_ends(&mut self, text: &str) {
        let effects = std::mem::take(&mut self.shell.effects);
        for effect in effects {
            match effect {
                Effect::Editor { then, .. } => self.update(shell::Update::Edited(then, Ok(text.to_owned()))),
                other => self.shell.effects.push(other),
            }
        }
    }

    pub fn prompt(&self) -> Option<Prompt> {
        old_prompt(&self.shell).cloned()
    }

    pub fn on(&self) -> Screen {
        screen(&self.shell)
    }

    pub fn reads(&self) -> Vec<Read> {
        self.sent()
    }

    pub fn take_writes(&mut self) -> Vec<Write> {
        let writes = self.sent();
        self.shell.effects.clear();
        writes
    }
}
