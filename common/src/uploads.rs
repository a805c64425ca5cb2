//! `GET /v1/uploads`, `GET /v1/uploads/{id}`: screen 0. The public API answers with the same words.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{CaseId, SetId, UploadId};

/// Where an upload is. Everything before `InReview` is work in progress, the rest is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// The signed URL was handed out; the bytes have not come, or `complete` was not called.
    AwaitingBytes,
    /// In the `scan` queue: waits for the scanner, or is being scanned.
    Scanning,
    /// In the `unpack` queue: the pack is being opened in the jail and its manifest read.
    Unpacking,
    /// In the `render` queue: each file is scanned, checked and rendered.
    Rendering,
    /// In the `preview` queue: the family preview is made.
    Previewing,
    /// A case is open: a moderator decides.
    InReview,
    Published,
    Rejected,
    /// The bytes never came.
    Expired,
}

impl UploadState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingBytes => "awaiting_bytes",
            Self::Scanning => "scanning",
            Self::Unpacking => "unpacking",
            Self::Rendering => "rendering",
            Self::Previewing => "previewing",
            Self::InReview => "in_review",
            Self::Published => "published",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// Nothing more happens by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::InReview | Self::Published | Self::Rejected | Self::Expired)
    }
}

impl std::str::FromStr for UploadState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_value(serde_json::Value::String(text.to_owned()))
            .map_err(|_| format!("unknown upload state {text:?}"))
    }
}

impl std::fmt::Display for UploadState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One upload in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadRow {
    pub id: UploadId,
    pub account: String,
    pub file_name: String,
    pub size_bytes: i64,
    pub state: UploadState,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it came to rest (published, rejected, expired, or handed to a moderator).
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
    /// `family / set`, once the manifest was read.
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
    pub sha256: String,
    pub set_id: Option<SetId>,
    pub case_id: Option<CaseId>,
    pub stages: Vec<StageTime>,
    /// Why it was rejected or flagged, each with the file it is about.
    pub findings: Vec<Finding>,
    /// Failed attempts of its messages, newest first; at most 100.
    pub attempts: Vec<Attempt>,
}

/// The time an upload spent at one stage: `receive`, `scan`, `unpack`, `render`, `preview`, `review`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageTime {
    pub stage: String,
    #[serde(with = "time::serde::rfc3339")]
    pub entered_at: OffsetDateTime,
    /// `None` while it is there.
    #[serde(with = "time::serde::rfc3339::option")]
    pub left_at: Option<OffsetDateTime>,
    pub seconds: f64,
}

/// What a check saw, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// The path inside the pack; `None` when it is about the pack itself.
    pub file: Option<String>,
    /// Stable, dotted: `malware`, `active-content.script`, `manifest`, `renders-nothing`.
    pub rule: String,
    pub severity: FindingSeverity,
    pub message: String,
    /// 1-based, where the check can tell.
    pub line: Option<i32>,
    pub column: Option<i32>,
    /// The offending text, shortened, control characters replaced.
    pub excerpt: Option<String>,
}

crate::text_enum! {
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum FindingSeverity {
        /// Worth knowing; does not hold anything up.
        Info = "info",
        /// A moderator decides.
        Warning = "warning",
        /// The file is never published; the rest of the pack may be.
        Blocking = "blocking",
    }
}

/// One failed attempt at a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    pub queue: String,
    pub message_id: crate::ids::MessageId,
    pub attempt: i32,
    /// The file the message is about, where it is about one.
    pub file: Option<String>,
    pub error: String,
    /// `retry` or `dead`.
    pub outcome: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub duration_ms: i64,
}
