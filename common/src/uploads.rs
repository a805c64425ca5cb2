//! `GET /v1/uploads`, `GET /v1/uploads/{id}`: screen 0. The public API answers with the same words.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
pub use tradepost_base::{Finding, FindingSeverity};

use crate::ids::{CaseId, SetId, UploadId};
use crate::queues::Attempt;

crate::text_enum! {
    /// State of an upload. Everything before `InReview` is work in progress, the rest is settled.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum UploadState {
        /// The signed URL was handed out; the bytes have not come, or `complete` was not called.
        AwaitingBytes = "awaiting_bytes",
        /// In the `scan` queue: waits for the scanner, or is being scanned.
        Scanning = "scanning",
        /// In the `unpack` queue: the pack is being opened in the jail and its manifest read.
        Unpacking = "unpacking",
        /// In the `render` queue: each file is scanned, checked and rendered.
        Rendering = "rendering",
        /// In the `preview` queue: the family preview is made.
        Previewing = "previewing",
        /// A case is open: a moderator decides.
        InReview = "in_review",
        Published = "published",
        Rejected = "rejected",
        /// The bytes never came.
        Expired = "expired",
    }
}

impl UploadState {
    /// Nothing more happens by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::InReview | Self::Published | Self::Rejected | Self::Expired)
    }
}

crate::text_enum! {
    /// A column that the list of the control API can be sorted by.
    pub enum UploadColumn {
        State = "state",
        /// The title, or the name of the file.
        Pack = "pack",
        Account = "account",
        Size = "size",
        Files = "files",
        Findings = "findings",
        DeadLetters = "dead_letters",
        /// Seconds from the start to the end, or until now.
        Took = "took",
        Created = "created",
    }
}

/// One upload in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadRow {
    pub id: UploadId,
    #[cfg_attr(feature = "openapi", schema(max_length = 63))]
    pub account: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub file_name: String,
    pub size_bytes: i64,
    pub state: UploadState,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Time at which it was published, rejected, expired, or handed to a moderator.
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
    /// `family / set`, once the manifest was read.
    #[cfg_attr(feature = "openapi", schema(max_length = 163))]
    pub title: Option<String>,
    pub files: i64,
    pub files_done: i64,
    pub findings: i64,
    pub dead_letters: i64,
}

/// Everything that is known of one upload, across every stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadTrace {
    pub upload: UploadRow,
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$", max_length = 64))]
    pub sha256: String,
    pub set_id: Option<SetId>,
    pub case_id: Option<CaseId>,
    #[cfg_attr(feature = "openapi", schema(max_items = 6))]
    pub stages: Vec<StageTime>,
    /// Findings, each with the file it is about: the first 500, blocking ones first. `GET /v1/uploads/{id}/findings` has all.
    #[cfg_attr(feature = "openapi", schema(max_items = 500))]
    pub findings: Vec<Finding>,
    /// All findings, counted by rule.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
    pub finding_counts: Vec<RuleCount>,
    /// Failed attempts of its messages, newest first; at most 100.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub attempts: Vec<Attempt>,
}

crate::text_enum! {
    /// A stage of an upload, in their order.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum Stage {
        Receive = "receive",
        Scan = "scan",
        Unpack = "unpack",
        Render = "render",
        Preview = "preview",
        Review = "review",
    }
}

/// The upload that a message is of, by its queue and correlation id: only the queues that are stages know one.
pub fn upload_of(queue: &str, correlation: Option<uuid::Uuid>) -> Option<UploadId> {
    let is_stage = queue.parse::<Stage>().is_ok();
    correlation.filter(|_| is_stage).map(UploadId)
}

/// The time an upload spent at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageTime {
    pub stage: Stage,
    #[serde(with = "time::serde::rfc3339")]
    pub entered_at: OffsetDateTime,
    /// `None` while it is there.
    #[serde(with = "time::serde::rfc3339::option")]
    pub left_at: Option<OffsetDateTime>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991_u64))]
    pub seconds: f64,
}

/// Number of findings of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleCount {
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub rule: String,
    pub severity: FindingSeverity,
    pub findings: i64,
}
