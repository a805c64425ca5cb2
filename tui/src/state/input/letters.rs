//! The letter keys of the screens.

use tradepost_common::operations::OperationKind;

use super::{DeadKey, OldAction};
use crate::state::screen::Screen;

/// Letters that one screen has for itself.
pub fn own(c: char, screen: Screen) -> Option<OldAction> {
    match (screen, c) {
        (Screen::Groups | Screen::Letters | Screen::Letter, _) => dead_letter(c).map(OldAction::Dead),
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
