//! The keys of the queue and of a case.

use crate::list::Order;

/// Keys of the review screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewKey {
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

/// On a case.
pub fn case_letter(c: char) -> Option<ReviewKey> {
    Some(match c {
        'a' => ReviewKey::Approve,
        'x' => ReviewKey::AskReason,
        'n' => ReviewKey::Skip,
        'm' => ReviewKey::AskNote,
        'L' => ReviewKey::Release,
        'Q' => ReviewKey::Question,
        'X' => ReviewKey::Ban,
        'u' => ReviewKey::Undo,
        'i' => ReviewKey::Record,
        'C' => ReviewKey::SettleCluster,
        'O' => ReviewKey::SettleContributor,
        'o' => ReviewKey::OnlyContributor,
        'l' => ReviewKey::OnlyCluster,
        'b' => ReviewKey::Blur,
        'B' => ReviewKey::Background,
        'f' => ReviewKey::Full,
        'd' => ReviewKey::Compare,
        'v' => ReviewKey::Source,
        'z' | '+' => ReviewKey::Closer,
        'Z' | '_' => ReviewKey::Wider,
        ']' => ReviewKey::Other(Order::Rising),
        '[' => ReviewKey::Other(Order::Falling),
        _ => return None,
    })
}

/// On the queue.
pub fn queue_letter(c: char) -> Option<ReviewKey> {
    Some(match c {
        'a' => ReviewKey::Approve,
        'x' => ReviewKey::AskReason,
        'u' => ReviewKey::Undo,
        'w' => ReviewKey::Next,
        'f' => ReviewKey::TurnWhich,
        'C' => ReviewKey::SettleCluster,
        'O' => ReviewKey::SettleContributor,
        'o' => ReviewKey::OnlyContributor,
        'l' => ReviewKey::OnlyCluster,
        _ => return None,
    })
}
