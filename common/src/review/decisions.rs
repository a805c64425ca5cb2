//! Decisions about one case, and the reasons that contributors are given.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::ItemId;

crate::text_enum! {
    /// The end of a case.
    pub enum CaseOutcome {
        Approved = "approved",
        Rejected = "rejected",
    }
}

crate::text_enum! {
    /// An act of a moderator on a case.
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
#[serde(deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
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
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub question: String,
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
