//! The box over the screen that shows what is wrong with an edited payload, or what it would change.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tradepost_common::dead::{DiffKind, EditCheck};
use tradepost_common::overview::Role;
use tradepost_common::problem::Fault;

use super::DeadLetters;
use super::edit::{SendEdit, Stage};
use crate::canvas::{Canvas, split_top};
use crate::shell::{Placement, Prompt, Shell, plain};
use crate::text;
use crate::theme::Tone;

/// The difference of an edited payload or its faults, scrolled so far.
#[derive(Debug, Default)]
pub struct EditPrompt {
    top: usize,
}

impl Prompt for EditPrompt {
    type Owner = DeadLetters;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(mut self, key: KeyEvent, screen: &mut DeadLetters, cx: &mut Shell) -> Option<Self> {
        let edited = screen.edited.as_mut()?;
        match plain(key) {
            Some(KeyCode::Char('j') | KeyCode::Down) => self.top += 1,
            Some(KeyCode::Char('k') | KeyCode::Up) => self.top = self.top.saturating_sub(1),
            Some(KeyCode::Esc | KeyCode::Char('q' | 'n')) => {
                if edited.stage == Stage::Sending {
                    cx.say(Tone::Warn, "It is already being sent");
                } else {
                    screen.edited = None;
                    cx.say(Tone::Plain, "Nothing was sent");
                }
                return None;
            }
            Some(KeyCode::Char('e')) if edited.stage != Stage::Sending => {
                screen.open_editor(cx);
                return None;
            }
            Some(KeyCode::Char('y')) => {
                if let Stage::Checked(edit, check) = &edited.stage
                    && check.faults.is_empty()
                    && cx.may_write(Role::Operator)
                {
                    cx.write(SendEdit(edited.id, edit.clone()));
                    edited.stage = Stage::Sending;
                    self.top = 0;
                }
            }
            _ => {}
        }
        Some(self)
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, screen: &mut DeadLetters, _cx: &Shell) {
        let Some(edited) = &screen.edited else {
            return;
        };
        let (title, question) = edited.stage.words();
        let inside = canvas.window(area, 76, area.height.saturating_sub(2), title);
        let lines = edited.stage.lines(inside.width);
        let (body, foot) = split_top(inside, inside.height.saturating_sub(1));
        self.top = self.top.min(lines.len().saturating_sub(usize::from(body.height)));
        for (place, (line, tone)) in body.rows().zip(lines.iter().skip(self.top)) {
            canvas.line(place, line, *tone);
        }
        canvas.line(foot, question, Tone::Accent);
    }

    fn is_question(&self) -> bool {
        true
    }
}

impl Stage {
    /// The title and the keys.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("Open in the editor", ""),
            Self::Broken { .. } => ("Not JSON", "e edit again · Esc discard"),
            Self::Checking(_) => ("Checking the payload", "Esc discard"),
            Self::Checked(_, check) if check.faults.is_empty() => (
                "Send it again with this payload?",
                "y send · e edit again · j k scroll · Esc cancel",
            ),
            Self::Checked(..) => ("The payload is invalid", "e edit again · j k scroll · Esc discard"),
            Self::Failed(_) => ("Failed", "e edit again · Esc discard"),
            Self::Sending => ("Sending", "Sending …"),
        }
    }

    fn lines(&self, width: u16) -> Vec<(String, Tone)> {
        let wrapped = |words: &str| -> Vec<(String, Tone)> {
            let lines = text::wrap(&text::clean(words), usize::from(width));
            lines.into_iter().map(|line| (line, Tone::Bad)).collect()
        };
        match self {
            Self::Open | Self::Checking(_) | Self::Sending => Vec::new(),
            Self::Broken { why, line } => {
                let mut lines = wrapped(why);
                lines.push((text::clean(line).into_owned(), Tone::Plain));
                lines
            }
            Self::Failed(why) => wrapped(why),
            Self::Checked(_, check) => {
                let faults = check.faults.iter().flat_map(|fault| wrapped(&fault_in_words(fault)));
                faults.chain(diff(check)).collect()
            }
        }
    }
}

fn diff(check: &EditCheck) -> impl Iterator<Item = (String, Tone)> {
    check.diff.iter().map(|line| {
        let tone = match line.kind {
            DiffKind::Same => Tone::Dim,
            DiffKind::Removed => Tone::Bad,
            DiffKind::Added => Tone::Good,
        };
        (format!("{} {}", line.kind.mark(), line.text), tone)
    })
}

pub fn fault_in_words(fault: &Fault) -> String {
    let at = if fault.at.is_empty() { "the payload" } else { &fault.at };
    format!("{at}: {}", fault.message)
}
