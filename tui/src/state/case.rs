//! The case on the screen: its files and findings, who holds it, what is marked and blurred.

use std::collections::BTreeSet;
use std::time::Instant;

use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{CaseDetail, CaseItem};
use tradepost_common::uploads::{Finding, FindingSeverity};

use super::clock::Clock;
use super::list::List;
use crate::picture::{Background, Focus};
use crate::view::findings::FindingRow;

/// Who may decide the case.
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
    pub background: Background,
    /// When it came up; keys that were meant for the case before are not taken.
    pub opened_at: Instant,
    pub read_at: Option<Instant>,
    /// The revision of the cases when this one was asked for.
    pub asked_revision: u64,
    pub loading: bool,
    /// When the claim was last asked for.
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
            background,
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

    /// Whether the picture of the item is shown as it is. What a check forbids starts blurred.
    pub fn focus(&self, item: &CaseItem) -> Focus {
        let blurred = self.is_flagged(item) != self.turned.contains(&item.id);
        if blurred { Focus::Blurred } else { Focus::Sharp }
    }

    pub fn turn_blur(&mut self) {
        if let Some(id) = self.file().map(|item| item.id)
            && !self.turned.remove(&id)
        {
            self.turned.insert(id);
        }
    }

    fn is_flagged(&self, item: &CaseItem) -> bool {
        item.state == "blocked"
            || self.findings.rows().iter().any(|row| {
                row.finding.severity == FindingSeverity::Blocking && row.finding.file.as_deref() == Some(&item.path)
            })
    }

    /// What an approval would do now.
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

fn is_blocked(item: &CaseItem) -> bool {
    matches!(item.state.as_str(), "blocked" | "rejected")
}

/// How many files of a case go which way when it is approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    pub publish: usize,
    /// A check forbids them.
    pub blocked: usize,
    /// The moderator left them out.
    pub marked: usize,
}

impl Split {
    /// `98 files; 2 left out (1 blocked, 1 marked)`.
    pub fn in_words(self) -> String {
        let files = crate::format::plural(self.publish as i64, "file", "files");
        match (self.blocked, self.marked) {
            (0, 0) => files,
            (blocked, 0) => format!("{files}; {blocked} blocked left out"),
            (0, marked) => format!("{files}; {marked} marked left out"),
            (blocked, marked) => {
                format!(
                    "{files}; {} left out ({blocked} blocked, {marked} marked)",
                    blocked + marked
                )
            }
        }
    }
}
