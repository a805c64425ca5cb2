//! What is asked for at the bottom of the screen or over it.

use tradepost_common::ids::OperationId;

/// Something that takes the keys before the screen does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    Filter(Line),
    Palette {
        line: Line,
        cursor: usize,
    },
    /// A note to the contributor that goes with the next decision.
    Note(Line),
    /// Why a case is rejected: 1 to 9, or `y` for the note alone.
    Reasons,
    Help {
        top: usize,
    },
    Number {
        of: NumberOf,
        line: Line,
    },
    /// Something risky: only `y` does it.
    Sure(Sure),
    /// Why dead letters are given up: 1 to 9, or a line that is typed.
    Why(Option<Line>),
    /// A plan, and whether it is to be started.
    Plan(PlanStep),
    /// What an edited payload would change, or what is wrong with it.
    Edit {
        top: usize,
    },
}

impl Prompt {
    /// Whether `y` acts.
    pub fn is_question(&self) -> bool {
        matches!(
            self,
            Self::Sure(_) | Self::Plan(PlanStep::Look | PlanStep::Name(_)) | Self::Edit { .. }
        )
    }
}

/// What a number is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberOf {
    /// Handlers of that queue.
    Concurrency(String),
    /// Messages a second of that operation.
    Rate(OperationId),
}

/// What `y` would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// It had stopped by itself.
    Resume(OperationId),
    Cancel(OperationId),
}

/// What is done with a plan that is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanStep {
    Look,
    Rate(Line),
    Canary(Line),
    /// The name of the queue, or `all`, before the whole of it is acted on.
    Name(Line),
}

/// Longer notes than that nobody reads.
const MAX_CHARS: usize = 500;

/// A line being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub text: String,
}

impl Line {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// Adds what was typed or pasted; line ends become spaces, other control characters go.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.text.chars().count() >= MAX_CHARS {
                return;
            }
            match c {
                '\n' | '\r' | '\t' => self.text.push(' '),
                c if c.is_control() => {}
                c => self.text.push(c),
            }
        }
    }

    pub fn erase_char(&mut self) {
        self.text.pop();
    }

    pub fn erase_word(&mut self) {
        let end = self.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
        self.text.truncate(end);
    }

    pub fn clear(&mut self) {
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_is_bounded_and_free_of_control_characters() {
        let mut line = Line::default();
        line.push("one\ntwo\u{1b} three");
        assert_eq!(line.text, "one two three");
        line.erase_word();
        assert_eq!(line.text, "one two ");
        line.push(&"x".repeat(1000));
        assert_eq!(line.text.chars().count(), MAX_CHARS);
    }
}
