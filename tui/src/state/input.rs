//! Keys become actions. What a key means depends on the screen and on what is asked for.

pub mod letters;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use tradepost_common::operations::OperationKind;

use crate::state::prompt::{PlanStep, Prompt};

/// The intent of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OldAction {
    Dead(DeadKey),
}

/// Keys of the dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadKey {
    /// Redrive, discard or purge.
    Plan(OperationKind),
    Edit,
}

/// Keys typed into a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A key of the line that is typed.
    Key(KeyEvent),
    Up,
    Down,
    Done,
    Cancel,
    /// The reason with that number, from 1.
    Reason(usize),
    /// The text is to be written, or written again.
    EditNote,
    /// `y` to a question. Never `Enter`, never the key that asked.
    Yes,
    Rate,
    Canary,
}

/// The meaning of a key in a prompt.
pub fn typed_action(key: KeyEvent, prompt: &Prompt) -> Option<Typed> {
    match prompt {
        Prompt::Why(Some(_)) | Prompt::Plan(PlanStep::Rate(_) | PlanStep::Canary(_) | PlanStep::Name(_)) => {
            Some(typed(key))
        }
        Prompt::Why(None) => reason(key),
        Prompt::Plan(PlanStep::Look) | Prompt::Edit { .. } => answer(key),
    }
}

fn typed(key: KeyEvent) -> Typed {
    match key.code {
        KeyCode::Esc => Typed::Cancel,
        KeyCode::Enter => Typed::Done,
        _ => Typed::Key(key),
    }
}

/// `y`, where a line is typed.
pub fn is_y(typed: &Typed) -> bool {
    matches!(typed, Typed::Key(key) if key.code == KeyCode::Char('y') && key.modifiers.is_empty())
}

fn reason(key: KeyEvent) -> Option<Typed> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 'n') => Some(Typed::Cancel),
        KeyCode::Char(c @ '1'..='9') => c.to_digit(10).map(|n| Typed::Reason(n as usize)),
        KeyCode::Char('m') => Some(Typed::EditNote),
        _ => None,
    }
}

/// Yes, no, and what can be changed before. Enter and capitals, the keys that ask, are not among them.
fn answer(key: KeyEvent) -> Option<Typed> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 'n') => Some(Typed::Cancel),
        KeyCode::Char('y') => Some(Typed::Yes),
        KeyCode::Char('r') => Some(Typed::Rate),
        KeyCode::Char('c') => Some(Typed::Canary),
        KeyCode::Char('e') => Some(Typed::EditNote),
        KeyCode::Char('j') | KeyCode::Down => Some(Typed::Down),
        KeyCode::Char('k') | KeyCode::Up => Some(Typed::Up),
        _ => None,
    }
}
