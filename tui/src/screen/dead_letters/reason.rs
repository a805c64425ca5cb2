//! The box over the screen that asks why dead letters are given up, before it is planned.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tradepost_common::operations::{OperationKind, Pace};

use super::DeadLetters;
use super::target::Target;
use crate::canvas::Canvas;
use crate::canvas::column::Column;
use crate::input::Input;
use crate::shell::{Placement, Prompt, Shell, plain};
use crate::theme::Tone;

/// Contributors are told.
const REASONS: [&str; 5] = [
    "The file cannot be processed",
    "A newer upload replaces it",
    "The upload was withdrawn",
    "An error of the marketplace: please upload it again",
    "It was a test",
];

/// A reason is picked or typed; it makes the plan and does nothing yet.
#[derive(Debug)]
pub struct ReasonPrompt {
    pub kind: OperationKind,
    pub target: Target,
    /// A reason that is typed.
    pub input: Option<Input>,
}

impl Prompt for ReasonPrompt {
    type Owner = DeadLetters;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(mut self, key: KeyEvent, screen: &mut DeadLetters, cx: &mut Shell) -> Option<Self> {
        let mut reason = String::new();
        match (&mut self.input, plain(key)) {
            (_, Some(KeyCode::Esc)) | (None, Some(KeyCode::Char('q' | 'n'))) => {
                cx.say(Tone::Plain, "Nothing was planned");
                return None;
            }
            (Some(input), Some(KeyCode::Enter)) => reason = input.text().trim().to_owned(),
            (Some(input), _) => input.key(key),
            (input, Some(KeyCode::Char('m'))) => *input = Some(Input::default()),
            (None, Some(KeyCode::Char(c))) => reason = picked(c).unwrap_or_default().to_owned(),
            (None, _) => {}
        }
        if reason.is_empty() {
            return Some(self);
        }
        screen.ask_for_plan(self.kind, self.target, Some(reason), Pace::default(), cx);
        None
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        self.input.as_mut()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _screen: &mut DeadLetters, _cx: &Shell) {
        let title = format!("Why {} {}?", self.kind.as_str(), self.target.words);
        let inside = canvas.window(area, 64, 10, &title);
        let mut column = Column { canvas, rest: inside };
        for (i, reason) in REASONS.iter().enumerate() {
            column.line(&format!("{}  {reason}", i + 1), Tone::Plain);
        }
        column.line("", Tone::Plain);
        match &self.input {
            Some(input) => {
                let shown = input.shown(usize::from(inside.width * 2).saturating_sub(11));
                column.lines(&format!("reason: {shown}"), Tone::Accent, 2);
                column.line("Enter plan (changes nothing) · Esc cancel", Tone::Dim);
            }
            None => {
                column.line("The contributor will read the reason. m: another reason", Tone::Dim);
                column.line("1-5 plan (changes nothing) · Esc cancel", Tone::Accent);
            }
        }
    }
}

fn picked(key: char) -> Option<&'static str> {
    let n = key.to_digit(10)?.checked_sub(1)?;
    REASONS.get(n as usize).copied()
}
