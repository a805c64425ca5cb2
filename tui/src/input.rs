//! Keys become actions. What a key means depends on the screen and on what is asked for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use tradepost_common::operations::OperationKind;

use crate::state::list::{Order, Step};
use crate::state::prompt::{PlanStep, Prompt};
use crate::state::screen::Screen;

/// What somebody at the keyboard wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Go(Screen),
    Step(Step),
    /// Next or previous match of the filter, round and round.
    Cycle(Order),
    OtherPane,
    Open,
    Back,
    LastView,
    AskCommand,
    AskFilter,
    Sort,
    SortReverse,
    Columns,
    Mark,
    MarkRange,
    MarkAll,
    Copy,
    Export,
    Freeze,
    Mouse,
    Theme,
    Help,
    Quit,
    Arm,
    TurnQueue,
    /// Another number of handlers for the queue.
    Concurrency,
    Acknowledge,
    Dead(DeadKey),
    Operation(OperationKey),
    /// A key of other screens; the text says which.
    Elsewhere(&'static str),
    Review(Review),
    /// A key of a later version; the text says for what.
    NotYet(&'static str),
    Prompt(Typed),
}

/// Keys of the dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadKey {
    /// Redrive, discard or purge.
    Plan(OperationKind),
    Edit,
}

/// Keys of the operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKey {
    Turn,
    Cancel,
    Rate,
}

/// Keys of the review screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    Approve,
    AskReason,
    Skip,
    AskNote,
    Blur,
    Background,
    Release,
}

/// What is typed while something is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Text(char),
    EraseChar,
    EraseWord,
    Clear,
    Up,
    Down,
    Done,
    Cancel,
    /// The reason with that number, from 1.
    Reason(usize),
    /// Reject with the note alone. Never `Enter`, never the key that asked.
    NoteAlone,
    /// The text is to be written, or written again.
    EditNote,
    /// `y` to a question. Never `Enter`, never the key that asked.
    Yes,
    Rate,
    Canary,
}

/// The action of a key, if it has one here.
pub fn action(key: KeyEvent, screen: Screen, prompt: Option<&Prompt>) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
        return Some(Action::Quit);
    }
    match prompt {
        Some(
            Prompt::Filter(_)
            | Prompt::Palette { .. }
            | Prompt::Note(_)
            | Prompt::Number { .. }
            | Prompt::Why(Some(_))
            | Prompt::Plan(PlanStep::Rate(_) | PlanStep::Canary(_) | PlanStep::Name(_)),
        ) => typed(key).map(Action::Prompt),
        Some(Prompt::Reasons | Prompt::Why(None)) => reason(key).map(Action::Prompt),
        Some(Prompt::Sure(_) | Prompt::Plan(PlanStep::Look) | Prompt::Edit { .. }) => answer(key).map(Action::Prompt),
        Some(Prompt::Help { .. }) => help(key).map(Action::Prompt),
        None => screen_action(key, screen),
    }
}

fn typed(key: KeyEvent) -> Option<Typed> {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => Some(Typed::Cancel),
        KeyCode::Enter => Some(Typed::Done),
        KeyCode::Up | KeyCode::BackTab => Some(Typed::Up),
        KeyCode::Down | KeyCode::Tab => Some(Typed::Down),
        KeyCode::Backspace => Some(Typed::EraseChar),
        KeyCode::Char('w') if is_control => Some(Typed::EraseWord),
        KeyCode::Char('u') if is_control => Some(Typed::Clear),
        KeyCode::Char('h') if is_control => Some(Typed::EraseChar),
        KeyCode::Char('p') if is_control => Some(Typed::Up),
        KeyCode::Char('n') if is_control => Some(Typed::Down),
        KeyCode::Char(c) if !is_control && !key.modifiers.contains(KeyModifiers::ALT) => Some(Typed::Text(c)),
        _ => None,
    }
}

/// Enter and `x`, the key that asked, are not among them.
fn reason(key: KeyEvent) -> Option<Typed> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 'n') => Some(Typed::Cancel),
        KeyCode::Char(c @ '1'..='9') => c.to_digit(10).map(|n| Typed::Reason(n as usize)),
        KeyCode::Char('y') => Some(Typed::NoteAlone),
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

fn help(key: KeyEvent) -> Option<Typed> {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | '?') | KeyCode::Enter => Some(Typed::Cancel),
        KeyCode::Char('j') | KeyCode::Down => Some(Typed::Down),
        KeyCode::Char('k') | KeyCode::Up => Some(Typed::Up),
        _ => None,
    }
}

fn screen_action(key: KeyEvent, screen: Screen) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('d') => Some(Action::Step(Step::HalfDown)),
            KeyCode::Char('u') => Some(Action::Step(Step::HalfUp)),
            _ => None,
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    match key.code {
        KeyCode::Up => Some(Action::Step(Step::Up)),
        KeyCode::Down => Some(Action::Step(Step::Down)),
        KeyCode::PageUp => Some(Action::Step(Step::HalfUp)),
        KeyCode::PageDown => Some(Action::Step(Step::HalfDown)),
        KeyCode::Home => Some(Action::Step(Step::First)),
        KeyCode::End => Some(Action::Step(Step::Last)),
        KeyCode::Tab | KeyCode::BackTab => Some(Action::OtherPane),
        KeyCode::Enter => Some(Action::Open),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Char(c) => own_letter(c, screen).or_else(|| letter(c)),
        _ => None,
    }
}

/// Letters that one screen has for itself.
fn own_letter(c: char, screen: Screen) -> Option<Action> {
    match (screen, c) {
        (Screen::Queues, 'P') => Some(Action::TurnQueue),
        (Screen::Queues, 'C') => Some(Action::Concurrency),
        (Screen::Alerts, 'A') => Some(Action::Acknowledge),
        (Screen::Groups | Screen::Letters | Screen::Letter, _) => dead_letter(c).map(Action::Dead),
        (Screen::Operations | Screen::Operation, 'P') => Some(Action::Operation(OperationKey::Turn)),
        (Screen::Operations | Screen::Operation, 'X') => Some(Action::Operation(OperationKey::Cancel)),
        (Screen::Operations | Screen::Operation, 'C') => Some(Action::Operation(OperationKey::Rate)),
        (Screen::Item, 'a') => Some(Action::Review(Review::Approve)),
        (Screen::Item, 'x') => Some(Action::Review(Review::AskReason)),
        (Screen::Item, 'n') => Some(Action::Review(Review::Skip)),
        (Screen::Item, 'm') => Some(Action::Review(Review::AskNote)),
        (Screen::Item, 'b') => Some(Action::Review(Review::Blur)),
        (Screen::Item, 'B') => Some(Action::Review(Review::Background)),
        (Screen::Item, 'L') => Some(Action::Review(Review::Release)),
        (Screen::Item, 'd') => Some(Action::NotYet("comparing look-alikes")),
        (Screen::Item, 'u') => Some(Action::NotYet("undo")),
        _ => None,
    }
}

fn dead_letter(c: char) -> Option<DeadKey> {
    match c {
        'R' => Some(DeadKey::Plan(OperationKind::Redrive)),
        'D' => Some(DeadKey::Plan(OperationKind::Discard)),
        'X' => Some(DeadKey::Plan(OperationKind::Purge)),
        'E' => Some(DeadKey::Edit),
        _ => None,
    }
}

fn letter(c: char) -> Option<Action> {
    if let Some(screen) = Screen::of_key(c) {
        return Some(Action::Go(screen));
    }
    Some(match c {
        'j' => Action::Step(Step::Down),
        'k' => Action::Step(Step::Up),
        'g' => Action::Step(Step::First),
        'G' => Action::Step(Step::Last),
        '-' => Action::LastView,
        ':' => Action::AskCommand,
        '/' => Action::AskFilter,
        'n' => Action::Cycle(Order::Rising),
        'N' => Action::Cycle(Order::Falling),
        's' => Action::Sort,
        'S' => Action::SortReverse,
        'c' => Action::Columns,
        ' ' => Action::Mark,
        'V' => Action::MarkRange,
        '*' => Action::MarkAll,
        'y' => Action::Copy,
        'e' => Action::Export,
        'p' => Action::Freeze,
        '%' => Action::Mouse,
        'T' => Action::Theme,
        '?' => Action::Help,
        'q' => Action::Quit,
        'W' => Action::Arm,
        'R' | 'E' | 'D' => Action::Elsewhere("this key is for dead letters: 3"),
        'X' => Action::Elsewhere("this key is for dead letters (3) and operations (4)"),
        'P' | 'C' => Action::Elsewhere("this key is for queues (2) and operations (4)"),
        'A' => Action::Elsewhere("this key is for alerts: 6"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
