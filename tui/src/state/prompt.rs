//! Prompts at the bottom of the screen or over it.

use crate::input::Input;

/// Something that takes the keys before the screen does.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// Why dead letters are given up: 1 to 9, or a line that is typed.
    Why(Option<Line>),
    /// A plan, and whether it is to be started.
    Plan(PlanStep),
    /// The difference of an edited payload, or its faults.
    Edit { top: usize },
}

impl Prompt {
    /// Does `y` act?
    pub fn is_question(&self) -> bool {
        matches!(self, Self::Plan(PlanStep::Look | PlanStep::Name(_)) | Self::Edit { .. })
    }
}

/// An act on the plan that is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanStep {
    Look,
    Rate(Line),
    Canary(Line),
    /// The name of the queue, or `all`, before the whole of it is acted on.
    Name(Line),
}

/// A line being typed.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub input: Input,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.input.text() == other.input.text()
    }
}

impl Eq for Line {}

impl Line {
    pub fn new(text: &str) -> Self {
        Self {
            input: Input::new(text),
        }
    }

    pub fn text(&self) -> &str {
        self.input.text()
    }
}
