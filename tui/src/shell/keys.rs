//! Keys become actions.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::page::Page;
use crate::list::{Order, Step};
use crate::picture::Pan;

/// The meaning of a key. Screens get every action first and may do something of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A letter, digit or sign, before its common meaning is looked up.
    Letter(char),
    Go(&'static Page),
    Step(Step),
    /// The next or previous row, wrapping around.
    Cycle(Order),
    /// An arrow: moves the cursor unless the screen moves something else.
    Arrow(Pan),
    OtherPane,
    Open,
    Back,
    LastPage,
    AskCommand,
    AskFilter,
    AskShortcut,
    Sort(Sorting),
    Columns,
    Mark(Marking),
    Copy,
    Export,
    Freeze,
    Mouse,
    Theme,
    Help,
    Quit,
    Arm,
    Disarm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sorting {
    NextColumn,
    Reverse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marking {
    One,
    /// From the last mark to the cursor.
    Range,
    /// All rows that pass the filter.
    All,
}

/// The action of a key while no prompt is open.
pub fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Quit),
            KeyCode::Char('d') => Some(Action::Step(Step::HalfDown)),
            KeyCode::Char('u') => Some(Action::Step(Step::HalfUp)),
            KeyCode::Char('w') => Some(Action::Disarm),
            _ => None,
        };
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(match key.code {
        KeyCode::Left => Action::Arrow(Pan::Left),
        KeyCode::Right => Action::Arrow(Pan::Right),
        KeyCode::Up => Action::Arrow(Pan::Up),
        KeyCode::Down => Action::Arrow(Pan::Down),
        KeyCode::PageUp => Action::Step(Step::HalfUp),
        KeyCode::PageDown => Action::Step(Step::HalfDown),
        KeyCode::Home => Action::Step(Step::First),
        KeyCode::End => Action::Step(Step::Last),
        KeyCode::Tab | KeyCode::BackTab => Action::OtherPane,
        KeyCode::Enter => Action::Open,
        KeyCode::Esc => Action::Back,
        KeyCode::Char(c) => Action::Letter(c),
        _ => return None,
    })
}

/// The meaning of a letter on every screen that has none of its own for it.
pub fn common(c: char) -> Option<Action> {
    Some(match c {
        'j' => Action::Step(Step::Down),
        'k' => Action::Step(Step::Up),
        'g' => Action::Step(Step::First),
        'G' => Action::Step(Step::Last),
        '<' => Action::Step(Step::Left),
        '>' => Action::Step(Step::Right),
        '-' => Action::LastPage,
        ':' => Action::AskCommand,
        '/' => Action::AskFilter,
        '\'' => Action::AskShortcut,
        'n' => Action::Cycle(Order::Rising),
        'N' => Action::Cycle(Order::Falling),
        's' => Action::Sort(Sorting::NextColumn),
        'S' => Action::Sort(Sorting::Reverse),
        'c' => Action::Columns,
        ' ' => Action::Mark(Marking::One),
        'V' => Action::Mark(Marking::Range),
        '*' => Action::Mark(Marking::All),
        'y' => Action::Copy,
        'e' => Action::Export,
        'p' => Action::Freeze,
        '%' => Action::Mouse,
        'T' => Action::Theme,
        '?' => Action::Help,
        'q' => Action::Quit,
        'W' => Action::Arm,
        _ => return None,
    })
}

/// The key without modifiers; `None` when Ctrl or Alt is held.
pub fn plain(key: KeyEvent) -> Option<KeyCode> {
    let is_modified = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    (!is_modified).then_some(key.code)
}
