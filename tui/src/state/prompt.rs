//! What is asked for at the bottom of the screen or over it.

use tradepost_common::ids::{CampaignId, OperationId};
use tradepost_common::review::Ban;

use super::reasons::Refusing;
use super::undo::Made;
use crate::client::CampaignStep;

/// Something that takes the keys before the screen does.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    Filter(Line),
    Palette {
        line: Line,
        cursor: usize,
    },
    /// A note to the contributor that goes with the next decision; then back to the reasons, when it came from there.
    Note {
        line: Line,
        then: Option<Refusing>,
    },
    /// Why something is refused: 1 to 9, or 0 for the note alone.
    Reasons(Refusing),
    /// What the contributor is asked.
    Question(Line),
    /// The contributor's record, letters and earlier decisions.
    Record {
        top: usize,
    },
    /// What is to become of many cases.
    Settle,
    /// A bulk decision, and whether it is to be made.
    Bulk(BulkStep),
    Help {
        top: usize,
    },
    Number {
        of: NumberOf,
        line: Line,
    },
    /// What a campaign to be planned is of.
    Campaign(Line),
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
            Self::Sure(_)
                | Self::Plan(PlanStep::Look | PlanStep::Name(_))
                | Self::Edit { .. }
                | Self::Reasons(_)
                | Self::Bulk(_)
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
    /// Items a second of that campaign; empty: no limit.
    CampaignRate(CampaignId),
}

/// What `y` would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Sure {
    /// It had stopped by itself.
    Resume(OperationId),
    Cancel(OperationId),
    Campaign(CampaignId, CampaignStep),
    /// The contributor of the case on the screen is shut out.
    Ban(Ban),
    /// The question goes to the contributor, and the case waits.
    Ask(String),
    /// Many decisions are taken back.
    Undo(Made),
    /// The account is let in again.
    Unban(String),
}

/// What is done with a bulk decision that is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkStep {
    Look,
    /// The number of cases, typed by hand.
    Number(Line),
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
