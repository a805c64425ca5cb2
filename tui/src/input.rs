//! Keys become actions. What a key means depends on the screen and on what is asked for.

mod letters;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use tradepost_common::operations::OperationKind;

use crate::picture::Pan;
use crate::state::campaigns::{CampaignKey, LookKey};
use crate::state::list::{Order, Step};
use crate::state::prompt::{BulkStep, PlanStep, Prompt};
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
    Campaign(CampaignKey),
    /// Changes how a sample of a canary is seen.
    Sample(LookKey),
    /// A key of other screens; the text says which.
    Elsewhere(&'static str),
    Review(Review),
    /// Moves what is looked at closely, else the list.
    Arrow(Pan),
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

/// Keys of the review screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    Approve,
    AskReason,
    Skip,
    AskNote,
    Release,
    Question,
    Ban,
    Undo,
    /// The contributor's record, letters and earlier decisions.
    Record,
    /// Whichever case the daemon says is next.
    Next,
    /// Open, waiting or decided cases.
    TurnWhich,
    SettleCluster,
    SettleContributor,
    OnlyCluster,
    OnlyContributor,
    Blur,
    Background,
    /// The picture alone.
    Full,
    /// Side by side with what it looks like.
    Compare,
    /// The text of the file.
    Source,
    Closer,
    Wider,
    /// The next or previous look-alike, or finding.
    Other(Order),
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
    /// Refuse with the note alone. Never `Enter`, never the key that asked.
    NoteAlone,
    /// The other way of what is asked.
    Turn,
    Approve,
    Refuse,
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
            | Prompt::Note { .. }
            | Prompt::Question(_)
            | Prompt::Bulk(BulkStep::Number(_))
            | Prompt::Number { .. }
            | Prompt::Campaign(_)
            | Prompt::Why(Some(_))
            | Prompt::Plan(PlanStep::Rate(_) | PlanStep::Canary(_) | PlanStep::Name(_)),
        ) => typed(key).map(Action::Prompt),
        Some(Prompt::Reasons(_)) => refusal(key).map(Action::Prompt),
        Some(Prompt::Why(None)) => reason(key).map(Action::Prompt),
        Some(Prompt::Settle) => settle(key).map(Action::Prompt),
        Some(Prompt::Sure(_) | Prompt::Plan(PlanStep::Look) | Prompt::Edit { .. } | Prompt::Bulk(BulkStep::Look)) => {
            answer(key).map(Action::Prompt)
        }
        Some(Prompt::Help { .. } | Prompt::Record { .. }) => help(key).map(Action::Prompt),
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

/// A reason by its number, or the one that is previewed. Enter, `x` and `X`, the keys that asked, are not among them.
fn refusal(key: KeyEvent) -> Option<Typed> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    match key.code {
        KeyCode::Char('0') => Some(Typed::NoteAlone),
        KeyCode::Char('y') => Some(Typed::Yes),
        KeyCode::Char('f') => Some(Typed::Turn),
        KeyCode::Char('j') | KeyCode::Down => Some(Typed::Down),
        KeyCode::Char('k') | KeyCode::Up => Some(Typed::Up),
        _ => reason(key),
    }
}

/// What is to become of many cases; either makes a plan.
fn settle(key: KeyEvent) -> Option<Typed> {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | 'n') => Some(Typed::Cancel),
        KeyCode::Char('a') => Some(Typed::Approve),
        KeyCode::Char('x') => Some(Typed::Refuse),
        _ => None,
    }
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

fn help(key: KeyEvent) -> Option<Typed> {
    match key.code {
        KeyCode::Esc | KeyCode::Char('q' | '?' | 'i') | KeyCode::Enter => Some(Typed::Cancel),
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
        KeyCode::Left if has_pictures(screen) => Some(Action::Arrow(Pan::Left)),
        KeyCode::Right if has_pictures(screen) => Some(Action::Arrow(Pan::Right)),
        KeyCode::Up if has_pictures(screen) => Some(Action::Arrow(Pan::Up)),
        KeyCode::Down if has_pictures(screen) => Some(Action::Arrow(Pan::Down)),
        KeyCode::Up => Some(Action::Step(Step::Up)),
        KeyCode::Down => Some(Action::Step(Step::Down)),
        KeyCode::PageUp => Some(Action::Step(Step::HalfUp)),
        KeyCode::PageDown => Some(Action::Step(Step::HalfDown)),
        KeyCode::Home => Some(Action::Step(Step::First)),
        KeyCode::End => Some(Action::Step(Step::Last)),
        KeyCode::Tab | KeyCode::BackTab => Some(Action::OtherPane),
        KeyCode::Enter => Some(Action::Open),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Char(c) => letters::own(c, screen).or_else(|| letters::everywhere(c)),
        _ => None,
    }
}

/// Where arrows may move a part of a picture.
fn has_pictures(screen: Screen) -> bool {
    matches!(screen, Screen::Item | Screen::Campaign)
}

#[cfg(test)]
mod tests;
