//! The keys of the queue and of a case, and their words.

use tradepost_common::overview::Role;

use super::case::Pane;
use super::requests::Write;
use super::{Review, queue_page};
use crate::list::Order;
use crate::shell::{Action, Confirm, Handled, Hint, Marking, Screen, Shell};
use crate::theme::Tone;

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
    DecideCluster,
    DecideContributor,
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
        'C' => ReviewKey::DecideCluster,
        'O' => ReviewKey::DecideContributor,
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
        'C' => ReviewKey::DecideCluster,
        'O' => ReviewKey::DecideContributor,
        'o' => ReviewKey::OnlyContributor,
        'l' => ReviewKey::OnlyCluster,
        _ => return None,
    })
}

impl Review {
    pub fn act_on_case(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match *action {
            Action::Arrow(pan) => self.arrow(cx, pan),
            Action::Step(step) if self.step_in_mode(cx, step) => {}
            Action::OtherPane => {
                if let Some(case) = &mut self.case {
                    case.pane = case.pane.other();
                }
            }
            Action::Open => self.open_in_case(cx),
            Action::Back if self.leave_mode(cx) => {}
            Action::Back if !self.is_filtered(cx) => cx.go(queue_page()),
            Action::Mark(marking) => self.leave_out(marking, cx),
            Action::Copy => match self.case.as_ref().and_then(|case| case.file()) {
                Some(file) => cx.copy(file.path.clone()),
                None => return Handled::No,
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub fn act_on_queue(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match action {
            Action::Open => self.open_selected_case(cx),
            Action::Back if !self.is_filtered(cx) => {
                self.widen_cases(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn is_filtered(&mut self, cx: &Shell) -> bool {
        self.list(cx.page).is_some_and(|list| !list.filter().is_empty())
    }

    /// Marks are of files, whichever pane the cursor is in.
    fn leave_out(&mut self, marking: Marking, cx: &mut Shell) {
        let Some(case) = &mut self.case else {
            return;
        };
        case.pane = Pane::Files;
        match marking {
            Marking::Range => case.files.mark_range(),
            Marking::All => case.files.mark_all(),
            Marking::One => case.files.toggle_mark(),
        }
        let split = case.split().in_words();
        cx.say(Tone::Plain, format!("a would approve {split}"));
    }

    pub fn ask_unban(&mut self, account: String, cx: &mut Shell) {
        if cx.may_write(Role::Moderator) {
            let question = format!("Lift the ban of {account}?");
            cx.ask(Confirm::new(question, move |_: &mut Self, cx| {
                if cx.may_write(Role::Moderator) {
                    cx.say(Tone::Dim, format!("Lifting the ban of {account} …"));
                    cx.write(Write::Unban(account));
                }
            }));
        }
    }
}

pub static QUEUE_HINTS: &[Hint] = &[
    ("Enter", "review"),
    ("w", "next"),
    ("Spc V *", "mark"),
    ("a x", "decide marked"),
    ("u", "undo"),
    ("f", "open/waiting/decided"),
    ("?", "help"),
    ("W", "arm"),
    ("C", "cluster"),
    ("O", "contributor"),
    ("/", "filter"),
    ("q", "quit"),
];

pub static CASE_HINTS: &[Hint] = &[
    ("a", "approve"),
    ("x", "reject"),
    ("n", "skip"),
    ("Spc", "leave out"),
    ("u", "undo"),
    ("m", "note"),
    ("d", "alike"),
    ("v", "source"),
    ("?", "help"),
    ("b", "blur"),
    ("Q", "ask"),
    ("X", "ban"),
    ("i", "record"),
    ("f", "full"),
    ("z", "zoom"),
    ("B", "background"),
    ("W", "arm"),
    ("L", "release"),
    ("Esc", "queue"),
];

pub static QUEUE_HELP: &[Hint] = &[
    ("Enter", "open the case; claims it while writing is armed"),
    ("w", "the next unclaimed case"),
    ("Space V *", "mark one, a range, all matching; Esc clears"),
    ("a x", "approve or reject the marked: shows a plan, y decides"),
    ("C O", "decide its look-alike group; all of its contributor"),
    ("l o", "show only its look-alike group; only its contributor"),
    ("f", "open, waiting, decided cases"),
    ("u", "undo the last decision; in decided cases: this one"),
];

pub static CASE_HELP: &[Hint] = &[
    ("a", "approve, without blocked and marked files"),
    ("x", "reject: 1-9 for a reason, m a note, f only marked files"),
    ("n", "skip to the next unclaimed case"),
    ("u", "undo the last decision, for ten minutes"),
    ("Space V *", "leave out the file, a range, all matching"),
    ("m", "note to the contributor, sent with the decision"),
    ("Q", "ask the contributor; the case waits for the answer"),
    ("X", "ban the contributor: a reason, then y"),
    ("i", "the contributor's record, letters, earlier decisions"),
    ("d", "compare with its look-alike; ] [ next, previous"),
    ("v Enter", "source at the finding; ] [ next, previous finding"),
    ("f", "full image; Enter on a file too"),
    ("z Z + _", "zoom in, out; arrows move"),
    ("b B", "blur on or off; background checker, light, dark"),
    ("C O", "decide its look-alike group; all of its contributor"),
    ("L", "release the case and leave"),
    ("Tab", "findings or files"),
];
