//! The letter keys of the screens.

use tradepost_common::operations::OperationKind;

use super::{DeadKey, OldAction};
use crate::list::Order;
use crate::state::campaigns::{CampaignKey, LookKey};
use crate::state::screen::Screen;

/// Letters that one screen has for itself.
pub fn own(c: char, screen: Screen) -> Option<OldAction> {
    match (screen, c) {
        (Screen::Groups | Screen::Letters | Screen::Letter, _) => dead_letter(c).map(OldAction::Dead),
        (Screen::Campaigns | Screen::Campaign, _) => campaign_letter(c, screen),
        _ => None,
    }
}

/// Capitals act, as on the other screens; the rest changes how a sample is seen.
fn campaign_letter(c: char, screen: Screen) -> Option<OldAction> {
    let act = match c {
        'P' => CampaignKey::Turn,
        'R' => CampaignKey::Go,
        'E' => CampaignKey::Swap,
        'U' => CampaignKey::RollBack,
        'X' => CampaignKey::Abort,
        'D' => CampaignKey::Collect,
        'C' => CampaignKey::Rate,
        '+' if screen == Screen::Campaigns => CampaignKey::Plan,
        _ if screen == Screen::Campaign => return sample_letter(c).map(OldAction::Sample),
        _ => return None,
    };
    Some(OldAction::Campaign(act))
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

fn dead_letter(c: char) -> Option<DeadKey> {
    match c {
        'R' => Some(DeadKey::Plan(OperationKind::Redrive)),
        'D' => Some(DeadKey::Plan(OperationKind::Discard)),
        'X' => Some(DeadKey::Plan(OperationKind::Purge)),
        'E' => Some(DeadKey::Edit),
        _ => None,
    }
}
