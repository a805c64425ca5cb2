//! What letters mean on a screen.

use tradepost_common::operations::OperationKind;

use super::{Action, DeadKey, OperationKey, Review};
use crate::state::campaigns::{CampaignKey, LookKey};
use crate::state::list::{Order, Step};
use crate::state::screen::Screen;

/// Letters that one screen has for itself.
pub fn own(c: char, screen: Screen) -> Option<Action> {
    match (screen, c) {
        (Screen::Queues, 'P') => Some(Action::TurnQueue),
        (Screen::Queues, 'C') => Some(Action::Concurrency),
        (Screen::Alerts, 'A') => Some(Action::Acknowledge),
        (Screen::Groups | Screen::Letters | Screen::Letter, _) => dead_letter(c).map(Action::Dead),
        (Screen::Operations | Screen::Operation, 'P') => Some(Action::Operation(OperationKey::Turn)),
        (Screen::Operations | Screen::Operation, 'X') => Some(Action::Operation(OperationKey::Cancel)),
        (Screen::Operations | Screen::Operation, 'C') => Some(Action::Operation(OperationKey::Rate)),
        (Screen::Campaigns | Screen::Campaign, _) => campaign_letter(c, screen),
        (Screen::Item, _) => case_letter(c).map(Action::Review),
        (Screen::Review, _) => queue_letter(c).map(Action::Review),
        _ => None,
    }
}

/// Capitals act, as on the other screens; the rest changes how a sample is seen.
fn campaign_letter(c: char, screen: Screen) -> Option<Action> {
    let act = match c {
        'P' => CampaignKey::Turn,
        'R' => CampaignKey::Go,
        'E' => CampaignKey::Swap,
        'U' => CampaignKey::RollBack,
        'X' => CampaignKey::Abort,
        'D' => CampaignKey::Collect,
        'C' => CampaignKey::Rate,
        '+' if screen == Screen::Campaigns => CampaignKey::Plan,
        _ if screen == Screen::Campaign => return sample_letter(c).map(Action::Sample),
        _ => return None,
    };
    Some(Action::Campaign(act))
}

fn sample_letter(c: char) -> Option<LookKey> {
    Some(match c {
        'f' => LookKey::Full,
        'B' => LookKey::Background,
        'z' | '+' => LookKey::Closer,
        'Z' | '_' => LookKey::Wider,
        ']' => LookKey::Other(Order::Rising),
        '[' => LookKey::Other(Order::Falling),
        _ => return None,
    })
}

fn case_letter(c: char) -> Option<Review> {
    Some(match c {
        'a' => Review::Approve,
        'x' => Review::AskReason,
        'n' => Review::Skip,
        'm' => Review::AskNote,
        'L' => Review::Release,
        'Q' => Review::Question,
        'X' => Review::Ban,
        'u' => Review::Undo,
        'i' => Review::Record,
        'C' => Review::SettleCluster,
        'O' => Review::SettleContributor,
        'o' => Review::OnlyContributor,
        'l' => Review::OnlyCluster,
        'b' => Review::Blur,
        'B' => Review::Background,
        'f' => Review::Full,
        'd' => Review::Compare,
        'v' => Review::Source,
        'z' | '+' => Review::Closer,
        'Z' | '_' => Review::Wider,
        ']' => Review::Other(Order::Rising),
        '[' => Review::Other(Order::Falling),
        _ => return None,
    })
}

fn queue_letter(c: char) -> Option<Review> {
    Some(match c {
        'a' => Review::Approve,
        'x' => Review::AskReason,
        'u' => Review::Undo,
        'w' => Review::Next,
        'f' => Review::TurnWhich,
        'C' => Review::SettleCluster,
        'O' => Review::SettleContributor,
        'o' => Review::OnlyContributor,
        'l' => Review::OnlyCluster,
        _ => return None,
    })
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

/// Letters that mean the same on every screen that has nothing of its own for them.
pub fn everywhere(c: char) -> Option<Action> {
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
        'R' | 'E' | 'D' => Action::Elsewhere("this key is for dead letters (3) and campaigns (4, Tab)"),
        'U' => Action::Elsewhere("this key is for campaigns: 4, then Tab"),
        'X' => Action::Elsewhere("this key is for dead letters (3), operations, campaigns (4) and a case (8)"),
        'P' => Action::Elsewhere("this key is for queues (2), operations and campaigns (4)"),
        'C' => Action::Elsewhere("this key is for queues (2), operations (4) and cases (7)"),
        'A' => Action::Elsewhere("this key is for alerts: 6"),
        _ => return None,
    })
}
