//! The case on the screen: its files and findings, who holds it, what is marked and blurred.

mod split;

pub use split::Split;

use std::collections::BTreeSet;
use std::time::Instant;

use tradepost_common::catalog::FileState;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{CaseDetail, CaseItem, LookAlike};
use tradepost_common::uploads::{Finding, FindingSeverity};

use super::source::SourceView;
use crate::canvas::listing;
use crate::clock::Clock;
use crate::list::List;
use crate::picture::{Background, Focus, Zoom};
use crate::rows::finding::FindingRow;

/// The claim of this terminal on the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Writing is not armed, or the role does not allow it.
    None,
    Asked,
    Held,
    /// Somebody else has it, in the daemon's words.
    Refused(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Findings,
    Files,
}

impl Pane {
    pub fn other(self) -> Self {
        match self {
            Self::Findings => Self::Files,
            Self::Files => Self::Findings,
        }
    }
}

/// The content of the room below the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The picture, findings and files.
    Lists,
    /// The picture alone.
    Full,
    /// A file and what it looks like, side by side.
    Compare,
    /// The text of a file.
    Source,
}

/// The way the case came to the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Somebody opened it.
    Opened,
    /// It followed the one before by itself.
    Followed,
}

/// A case that is open on the screen.
#[derive(Debug)]
pub struct CaseView {
    pub id: CaseId,
    pub title: String,
    pub detail: Option<CaseDetail>,
    pub error: Option<String>,
    pub claim: Claim,
    pub pane: Pane,
    pub files: List<CaseItem>,
    pub findings: List<FindingRow>,
    pub note: String,
    /// Pictures that are shown the other way round than they start.
    turned: BTreeSet<ItemId>,
    /// The files of a hostile case that nothing was found in are shown as they are.
    revealed: bool,
    pub background: Background,
    pub mode: Mode,
    pub arrival: Arrival,
    pub zoom: Zoom,
    /// The index of the look-alike that is compared.
    pub look: usize,
    pub source: Option<SourceView>,
    /// Other moderators who have it on the screen.
    pub others: Vec<String>,
    pub viewed_at: Option<Instant>,
    /// The reason why an earlier decision was refused.
    pub trouble: Option<String>,
    /// The time it appeared; keys that were meant for the case before are not taken.
    pub opened_at: Instant,
    pub read_at: Option<Instant>,
    /// The revision of the cases when this one was asked for.
    pub asked_revision: u64,
    pub loading: bool,
    /// The time of the last request for the claim.
    pub claimed_at: Instant,
}

impl CaseView {
    pub fn new(id: CaseId, title: String, background: Background, clock: Clock) -> Self {
        Self {
            id,
            title,
            detail: None,
            error: None,
            claim: Claim::None,
            pane: Pane::Findings,
            files: List::default(),
            findings: List::default(),
            note: String::new(),
            turned: BTreeSet::new(),
            revealed: false,
            background,
            mode: Mode::Lists,
            arrival: Arrival::Opened,
            zoom: Zoom::default(),
            look: 0,
            source: None,
            others: Vec::new(),
            viewed_at: None,
            trouble: None,
            opened_at: clock.instant,
            read_at: None,
            asked_revision: 0,
            loading: false,
            claimed_at: clock.instant,
        }
    }

    pub fn fill(&mut self, detail: CaseDetail, clock: Clock) {
        let is_first = self.detail.is_none();
        self.title.clone_from(&detail.case.title);
        self.files.replace(detail.items.clone(), clock.utc);
        self.findings.replace(FindingRow::all(&detail.findings), clock.utc);
        self.others.clone_from(&detail.viewers);
        self.look = self.look.min(detail.look_alikes.len().saturating_sub(1));
        self.detail = Some(detail);
        self.error = None;
        self.read_at = Some(clock.instant);
        if is_first {
            // Keys typed while nothing was there to judge do not count.
            self.opened_at = clock.instant;
            if self.findings.rows().is_empty() {
                self.pane = Pane::Files;
            }
            self.follow_finding();
        }
    }

    /// Keys go to the pane that has the focus.
    pub fn focus_of(&self, pane: Pane) -> listing::Focus {
        match self.pane == pane {
            true => listing::Focus::Here,
            false => listing::Focus::Elsewhere,
        }
    }

    /// The file under the cursor of either pane.
    pub fn file(&self) -> Option<&CaseItem> {
        self.files.selected()
    }

    pub fn finding(&self) -> Option<&Finding> {
        self.findings.selected().map(|row| &row.finding)
    }

    /// The file cursor goes to the file of the finding.
    pub fn follow_finding(&mut self) {
        let Some(path) = self.finding().and_then(|f| f.file.clone()) else {
            return;
        };
        let id = self
            .files
            .rows()
            .iter()
            .find(|item| item.path == path)
            .map(|item| item.id);
        if let Some(id) = id {
            self.files.select(&id);
        }
    }

    /// The finding cursor goes to the first finding of the file, if it has one.
    pub fn follow_file(&mut self) {
        let Some(path) = self.file().map(|item| item.path.clone()) else {
            return;
        };
        let row = self
            .findings
            .rows()
            .iter()
            .find(|r| r.finding.file.as_deref() == Some(&path));
        if let Some(index) = row.map(|r| r.index) {
            self.findings.select(&index);
        }
    }

    /// The focus of the item's picture. Whatever a check forbids starts blurred, and so does everything in
    /// a case with something hostile in it.
    pub fn focus(&self, item: &CaseItem) -> Focus {
        let blurred = if self.is_flagged(item) || !self.is_hostile() {
            self.is_flagged(item) != self.turned.contains(&item.id)
        } else {
            !self.revealed
        };
        if blurred { Focus::Blurred } else { Focus::Sharp }
    }

    /// Turns the picture of the file under the cursor; in a hostile case all that nothing was found in at once.
    pub fn turn_blur(&mut self) {
        let Some(item) = self.file() else {
            return;
        };
        let id = item.id;
        if self.is_hostile() && !self.is_flagged(item) {
            self.revealed = !self.revealed;
        } else if !self.turned.remove(&id) {
            self.turned.insert(id);
        }
    }

    /// The look-alike that is compared.
    pub fn look_alike(&self) -> Option<&LookAlike> {
        self.detail.as_ref()?.look_alikes.get(self.look)
    }

    /// The focus of both pictures of a pair: that of the file of this case, unless the other one is forbidden.
    pub fn focus_of_pair(&self, pair: &LookAlike) -> Focus {
        let Some(item) = self.files.rows().iter().find(|item| item.id == pair.item) else {
            return Focus::Blurred;
        };
        match self.focus(item) {
            Focus::Sharp if pair.other_state == FileState::Blocked && !self.turned.contains(&item.id) => Focus::Blurred,
            focus => focus,
        }
    }

    fn is_flagged(&self, item: &CaseItem) -> bool {
        item.state == FileState::Blocked
            || self.findings.rows().iter().any(|row| {
                row.finding.severity == FindingSeverity::Blocking && row.finding.file.as_deref() == Some(&item.path)
            })
    }

    fn is_hostile(&self) -> bool {
        self.findings.rows().iter().any(|row| is_hostile(&row.finding))
    }

    /// The outcome of an approval at this moment.
    pub fn split(&self) -> Split {
        let mut split = Split::default();
        for item in self.files.rows() {
            if is_blocked(item) {
                split.blocked += 1;
            } else if self.files.marks().contains(&item.id) {
                split.marked += 1;
            } else {
                split.publish += 1;
            }
        }
        split
    }

    /// The marked files that are not left out anyway.
    pub fn exceptions(&self) -> Vec<ItemId> {
        let marked = self
            .files
            .rows()
            .iter()
            .filter(|item| self.files.marks().contains(&item.id));
        marked.filter(|item| !is_blocked(item)).map(|item| item.id).collect()
    }
}

/// Rules about how a pack or a file is made, and not about what it does or shows.
const TECHNICAL: [&str; 7] = ["manifest", "model", "pack", "picture", "sound", "type-", "unscannable"];

/// Something that is meant to harm. A rule that is not known here counts as that.
fn is_hostile(finding: &Finding) -> bool {
    let is_technical = TECHNICAL.iter().any(|start| finding.rule.starts_with(start));
    finding.severity == FindingSeverity::Blocking && !is_technical
}

fn is_blocked(item: &CaseItem) -> bool {
    matches!(item.state, FileState::Blocked | FileState::Rejected)
}
