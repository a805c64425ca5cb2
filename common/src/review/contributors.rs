//! Contributors as moderators see them: record, trust, ban.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

crate::text_enum! {
    /// Trust level of a contributor.
    pub enum Trust {
        /// A moderator looks at every pack.
        New = "new",
        /// Clean packs are published without a moderator.
        Trusted = "trusted",
        /// Packs with warnings are published as well, except those that may be hostile.
        Elite = "elite",
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
