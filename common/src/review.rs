//! `GET /v1/cases`, `GET /v1/cases/{id}`, its pictures and source, claims, decisions, bulk decisions, undo: screens 7 and 8.

mod bulk;
mod contributors;
mod decisions;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::bulk::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview, BulkWhich, LeftOut};
pub use self::contributors::{AccountDetail, BanDetail, ContributorRecord, Trust, TrustChange};
pub use self::decisions::{Approve, Ask, Ban, CaseOutcome, Decision, DecisionAct, REASONS, ReasonTemplate, Reject};
use crate::catalog::FileState;
use crate::ids::{CaseId, ItemId, UploadId};
use crate::uploads::{Finding, FindingSeverity};

crate::text_enum! {
    /// A column that the list of cases can be sorted by.
    pub enum CaseColumn {
        Severity = "severity",
        Due = "due",
        Title = "title",
        Contributor = "contributor",
        Trust = "trust",
        Reason = "reason",
        /// The moderator who holds the case.
        Holder = "holder",
        Files = "files",
        Findings = "findings",
        Opened = "opened",
    }
}

/// One case in the review queue, most severe and then oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRow {
    pub id: CaseId,
    pub upload_id: UploadId,
    /// `family / set`, or the name of the file when the manifest could not be read.
    pub title: String,
    pub contributor: String,
    pub severity: FindingSeverity,
    /// The first reason, in words: `malware in icons/a.svg`, `new contributor`.
    pub reason: String,
    pub findings: i64,
    pub items: i64,
    /// Items that a check forbids to publish.
    pub items_blocked: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    /// Target time of the decision: `opened_at` and the hours for its severity.
    #[serde(with = "time::serde::rfc3339")]
    pub due_at: OffsetDateTime,
    pub trust: Trust,
    /// The contributor disagrees with an earlier decision on the same upload.
    pub appeal: bool,
    /// The contributor has answered a moderator's question, or has not yet.
    pub question: Option<QuestionState>,
    /// The group of cases with files that look alike, when it is in one; `GET /v1/cases?cluster=` lists them.
    pub cluster: Option<Uuid>,
    /// Open cases in that group, this one included; 1 without a group.
    pub cluster_size: i64,
    /// Holder of the claim.
    pub claimed_by: Option<String>,
}

crate::text_enum! {
    /// State of a moderator's question.
    pub enum QuestionState {
        Asked = "asked",
        Answered = "answered",
    }
}

/// A case with everything a moderator needs to decide it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseDetail {
    pub case: CaseRow,
    pub record: ContributorRecord,
    /// Findings about the pack and its files, blocking ones first; at most 500.
    pub findings: Vec<Finding>,
    /// The items of the pack, flagged ones first; at most 2,000.
    pub items: Vec<CaseItem>,
    pub licence: Option<String>,
    /// Files of this case that are the same as, or look like, files already known; the closest first, at most 50.
    #[serde(default)]
    pub look_alikes: Vec<LookAlike>,
    /// Questions, answers and appeals, oldest first.
    #[serde(default)]
    pub letters: Vec<Letter>,
    /// Others who have the case on the screen now.
    #[serde(default)]
    pub viewers: Vec<String>,
    /// End of the claim.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub claim_until: Option<OffsetDateTime>,
    pub decision: Option<Decision>,
    /// Earlier decisions that were undone or appealed against, newest first.
    #[serde(default)]
    pub history: Vec<Decision>,
}

/// Share of the bits of a perceptual hash that are equal, in percent, of the number that differ: 0 to 64.
pub fn similar_percent(distance: i32) -> i32 {
    ((64 - distance) * 100 + 32) / 64
}

/// A file that is the same as another one, or looks like it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookAlike {
    /// The file of this case.
    pub item: ItemId,
    pub path: String,
    pub relation: Relation,
    /// Bits that differ between the perceptual hashes: 0 to 64; 0 for `exact` and `geometry`.
    pub distance: i32,
    /// The file it is like; its picture is at `GET /v1/items/{id}/picture`.
    pub other: ItemId,
    pub other_path: String,
    /// `family / set`.
    pub other_title: String,
    pub other_contributor: String,
    pub other_state: FileState,
    /// Both files are of the same contributor: a new version rather than a theft.
    pub same_contributor: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub other_since: OffsetDateTime,
}

impl LookAlike {
    /// The other file came after this one: it may be the copy.
    pub fn other_is_later(&self) -> bool {
        self.other_since > self.since
    }
}

crate::text_enum! {
    /// In which way two files are the same.
    pub enum Relation {
        /// The same bytes.
        Exact = "exact",
        /// The same outlines, whatever their colours, size, order of attributes and names.
        Geometry = "geometry",
        /// Pictures that look alike.
        Look = "look",
    }
}

/// One message between moderators and the contributor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    pub kind: LetterKind,
    /// The moderator, or the contributor's account.
    pub from: String,
    pub text: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

crate::text_enum! {
    pub enum LetterKind {
        Question = "question",
        Answer = "answer",
        Appeal = "appeal",
    }
}

/// One file of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseItem {
    pub id: ItemId,
    pub path: String,
    pub title: String,
    pub state: FileState,
    pub size_bytes: i64,
    /// `GET /v1/cases/{id}/items/{item}/picture` has a picture.
    pub has_picture: bool,
    pub findings: i64,
}

/// `POST /v1/cases/{id}/view`, every ten seconds while the case is on a screen: who else looks at it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Viewers {
    pub others: Vec<String>,
    pub claimed_by: Option<String>,
}

/// `GET /v1/cases/{id}/items/{item}/source?line=&lines=`: a window of the file's own text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The number of the first line, from 1.
    pub first_line: i32,
    /// At most 500, each of at most 2,000 characters; control and text-direction characters are replaced.
    pub lines: Vec<SourceLine>,
    pub total_lines: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    /// The column of the first character shown, from 1: long lines are cut around the asked column.
    pub first_column: i32,
    pub text: String,
    /// Characters of the line that are not shown, before and after.
    pub hidden: i32,
}
