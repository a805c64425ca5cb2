//! `GET /v1/cases`, `GET /v1/cases/{id}`, its pictures and source, claims, decisions, bulk decisions, undo: screens 7 and 8.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::catalog::FileState;
use crate::ids::{CaseId, ItemId, UploadId};
use crate::uploads::{Finding, FindingSeverity};

crate::text_enum! {
    /// Trust level of a contributor.
    pub enum Trust {
        /// A moderator looks at every pack.
        New = "new",
        /// Clean packs are published without a moderator.
        Trusted = "trusted",
        /// So are packs with warnings, except those that may be hostile.
        Elite = "elite",
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
    /// Of the same contributor: a new version rather than a theft.
    pub same_contributor: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub other_since: OffsetDateTime,
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

/// Record of a contributor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContributorRecord {
    pub account: String,
    pub trust: Trust,
    /// The next move of the trust: `2 more published packs make it trusted`.
    #[serde(default)]
    pub trust_rule: String,
    #[serde(default)]
    pub banned: bool,
    pub uploads: i64,
    pub published: i64,
    pub rejected: i64,
    /// Decisions of the last 90 days that went against the contributor.
    #[serde(default)]
    pub rejected_lately: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// `GET /v1/accounts/{name}`, and what `POST /v1/accounts/{name}/unban` answers: the record, and how the trust came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountDetail {
    #[serde(flatten)]
    pub record: ContributorRecord,
    /// Present while the account is banned.
    pub ban: Option<BanDetail>,
    /// Newest first; at most 100.
    pub trust_history: Vec<TrustChange>,
}

/// Ban of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BanDetail {
    pub by: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub reason: Option<String>,
}

/// One move between `new`, `trusted` and `elite`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrustChange {
    pub before: Trust,
    pub after: Trust,
    pub reason: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
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

crate::text_enum! {
    /// The end of a case.
    pub enum CaseOutcome {
        Approved = "approved",
        Rejected = "rejected",
    }
}

crate::text_enum! {
    /// Of a moderator, on a case.
    pub enum DecisionAct {
        Approve = "approve",
        Reject = "reject",
        Ban = "ban",
        Skip = "skip",
        Ask = "ask",
        Undo = "undo",
    }
}

impl DecisionAct {
    /// The end that the act brings to a case; the other acts leave it open.
    pub fn outcome(self) -> Option<CaseOutcome> {
        match self {
            Self::Approve => Some(CaseOutcome::Approved),
            Self::Reject | Self::Ban => Some(CaseOutcome::Rejected),
            Self::Skip | Self::Ask | Self::Undo => None,
        }
    }
}

/// A decision that ended a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub outcome: CaseOutcome,
    pub by: String,
    /// Reason that the contributor was given: the template's text, and the note.
    pub reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub items_published: i64,
    pub items_rejected: i64,
    /// The contributor was banned with it.
    #[serde(default)]
    pub banned: bool,
    /// End of the time for `POST /v1/cases/{id}/undo`.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub undo_until: Option<OffsetDateTime>,
    #[serde(default)]
    pub undone_by: Option<String>,
}

/// `POST /v1/cases/{id}/approve`: publish every item that has a positive verdict, except those named.
/// Blocked items are always left out and rejected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Approve {
    /// Items to reject while the rest is approved.
    #[serde(default)]
    pub except: Vec<ItemId>,
    /// Reason to leave them out: one of [`REASONS`] by its id.
    #[serde(default)]
    pub template: Option<String>,
    /// Note to the contributor about the items left out.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /v1/cases/{id}/reject`: nothing of the pack is published. A template, a reason in the moderator's words, or both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reject {
    /// One of [`REASONS`] by its id.
    #[serde(default)]
    pub template: Option<String>,
    /// Note to the contributor, after the template's text.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /v1/cases/{id}/ban`: rejects the pack and shuts the contributor out; `POST /v1/accounts/{name}/unban` lets in again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ban {
    #[serde(default)]
    pub template: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    /// Reject every other open case of the contributor too.
    #[serde(default)]
    pub reject_open: bool,
}

/// `POST /v1/cases/{id}/ask`: the case waits until the contributor answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub question: String,
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

/// A decision about many cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAct {
    Approve,
    Reject {
        #[serde(default)]
        template: Option<String>,
        #[serde(default)]
        reason: Option<String>,
    },
}

/// Selection of cases: by id, or those of a cluster or of a contributor that are open now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkWhich {
    Cases(Vec<CaseId>),
    Cluster(Uuid),
    Contributor(String),
}

/// `POST /v1/cases/bulk/plan`: what would happen; changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkPlan {
    pub act: BulkAct,
    pub which: BulkWhich,
}

/// Plan of a bulk decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkPreview {
    /// The cases that would be decided, at most 1,000.
    pub cases: Vec<CaseId>,
    pub items: i64,
    pub contributors: i64,
    /// The cases that are left out, with the reason: claimed by somebody else, blocking findings, nothing to publish.
    pub left_out: Vec<LeftOut>,
    /// Value that `confirm` must have when it is run: the number of cases, when there are more than 20.
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub case: CaseId,
    pub title: String,
    pub why: String,
}

/// `POST /v1/cases/bulk`: decides exactly these cases; each is its own transaction and its own undo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bulk {
    pub act: BulkAct,
    /// As the plan listed them.
    pub cases: Vec<CaseId>,
    #[serde(default)]
    pub confirm: Option<String>,
}

/// Outcome of a bulk decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkDone {
    pub decided: Vec<CaseId>,
    pub left_out: Vec<LeftOut>,
}

/// A reason that contributors are given, by its key on the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonTemplate {
    pub id: &'static str,
    /// For the moderator's list.
    pub title: &'static str,
    /// Text for the contributor, with what helps next.
    pub text: &'static str,
}

/// The templated reasons that keys 1 to 9 pick, in their order.
pub const REASONS: [ReasonTemplate; 9] = [
    ReasonTemplate {
        id: "malware",
        title: "Contains malware",
        text: "The pack contains malware. Clean the computer it was made on and upload it again.",
    },
    ReasonTemplate {
        id: "active-content",
        title: "Contains scripts or other active content",
        text: "The pack contains scripts, event handlers or references to other servers. Export the files as plain SVG.",
    },
    ReasonTemplate {
        id: "copy",
        title: "Copies somebody else's work",
        text: "The pack contains work of another contributor. Upload only what you made yourself or may sell.",
    },
    ReasonTemplate {
        id: "licence",
        title: "Not licensed for sale",
        text: "The licence of the files does not allow to sell them here. Name the licence and its source in the manifest.",
    },
    ReasonTemplate {
        id: "quality",
        title: "Quality is below the marketplace's bar",
        text: "The files do not meet the marketplace's bar for quality: look at alignment, stroke widths and small sizes.",
    },
    ReasonTemplate {
        id: "misleading",
        title: "Misleading title, tags or kind",
        text: "Title, tags or kind do not say what is in the pack. Correct the manifest and upload it again.",
    },
    ReasonTemplate {
        id: "offensive",
        title: "Offensive or illegal content",
        text: "The pack contains content that the marketplace does not carry.",
    },
    ReasonTemplate {
        id: "duplicate",
        title: "Duplicate of an existing set",
        text: "You already have a set with these files. Upload a new version of it instead.",
    },
    ReasonTemplate {
        id: "broken",
        title: "Broken or incomplete files",
        text: "Some files are broken or incomplete: the findings name them.",
    },
];
