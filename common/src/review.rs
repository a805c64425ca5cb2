//! `GET /v1/cases`, `GET /v1/cases/{id}`, its picture, claim, approve and reject: screens 7 and 8.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{CaseId, ItemId, UploadId};
use crate::uploads::{Finding, FindingSeverity};

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
    /// Who holds it now.
    pub claimed_by: Option<String>,
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
    pub decision: Option<Decision>,
}

/// What is known of the contributor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContributorRecord {
    pub account: String,
    /// `new` or `trusted`.
    pub trust: String,
    pub uploads: i64,
    pub published: i64,
    pub rejected: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// One file of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseItem {
    pub id: ItemId,
    pub path: String,
    pub title: String,
    /// `pending`, `ready`, `blocked`, `published` or `rejected`.
    pub state: String,
    pub size_bytes: i64,
    /// Whether `GET /v1/cases/{id}/items/{item}/picture` has something to show.
    pub has_picture: bool,
    pub findings: i64,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// `approved` or `rejected`.
    pub outcome: String,
    pub by: String,
    pub reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub items_published: i64,
    pub items_rejected: i64,
}

/// `POST /v1/cases/{id}/approve`: publish every item that has a positive verdict, except those named.
/// Blocked items are always left out and rejected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Approve {
    /// Items to reject while the rest is approved.
    #[serde(default)]
    pub except: Vec<ItemId>,
    /// What the contributor is told about the items left out.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /v1/cases/{id}/reject`: nothing of the pack is published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reject {
    /// What the contributor is told. Must not be empty.
    pub reason: String,
}

/// The templated reasons that keys 1 to 9 pick, in their order.
pub const REJECT_REASONS: [&str; 9] = [
    "Contains malware",
    "Contains scripts or other active content",
    "Copies somebody else's work",
    "Not licensed for sale",
    "Quality is below the marketplace's bar",
    "Misleading title, tags or kind",
    "Offensive or illegal content",
    "Duplicate of an existing set",
    "Broken or incomplete files",
];
