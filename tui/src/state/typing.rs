//! Typing into prompts.

use std::any::{Any, TypeId};

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::legacy::OldPrompt;
use super::prompt::{Line, PlanStep, Prompt};
use super::{Legacy, set_prompt};
use crate::canvas::Canvas;
use crate::input::Input;
use crate::shell::{AnyPrompt, Form, Label, Shell};
use crate::state::input::{self, Typed};
use crate::view::overlay;

impl Legacy {
    pub fn answer_prompt(&mut self, cx: &mut Shell, prompt: Prompt, typed: Typed) {
        match prompt {
            Prompt::Why(line) => self.answer_why(cx, line, typed),
            Prompt::Plan(step) => self.answer_plan(cx, step, typed),
            Prompt::Edit { top } => self.answer_edit(cx, top, &typed),
        }
    }
}

impl AnyPrompt for OldPrompt {
    fn owner(&self) -> TypeId {
        TypeId::of::<Legacy>()
    }

    fn form(&self) -> Form {
        Form::Overlay
    }

    fn is_question(&self) -> bool {
        self.0.is_question()
    }

    fn key(self: Box<Self>, key: KeyEvent, owner: &mut dyn Any, cx: &mut Shell) {
        let Some(legacy) = owner.downcast_mut::<Legacy>() else {
            return;
        };
        match input::typed_action(key, &self.0) {
            Some(typed) => legacy.answer_prompt(cx, self.0, typed),
            None => set_prompt(cx, Some(self.0)),
        }
    }

    fn paste(&mut self, text: &str, _owner: &mut dyn Any, _cx: &mut Shell) {
        // The name of a queue, and the number of cases, are typed by hand: that is what it is asked for.
        if let Prompt::Why(Some(line)) | Prompt::Plan(PlanStep::Rate(line) | PlanStep::Canary(line)) = &mut self.0 {
            line.input.paste(text);
        }
    }

    fn any_input(&self) -> Option<&Input> {
        match &self.0 {
            Prompt::Why(Some(line)) => Some(&line.input),
            _ => None,
        }
    }

    fn label(&self, _owner: &dyn Any, _cx: &Shell) -> Label {
        Label::default()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, owner: &mut dyn Any, cx: &Shell) {
        if let Some(legacy) = owner.downcast_mut::<Legacy>() {
            overlay::draw(canvas, area, &mut self.0, legacy, cx);
        }
    }
}

/// Changes the line as the key says.
pub fn edit(line: &mut Line, typed: &Typed) {
    if let Typed::Key(key) = typed {
        line.input.key(*key);
    }
}
