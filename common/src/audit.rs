//! `GET /v1/audit`: screen 9. The log is append-only.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One act of an operator, a moderator or the daemon on somebody's behalf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    pub id: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The Unix user's name.
    pub actor: String,
    pub uid: i64,
    /// `queue.pause`, `case.approve`, `token.create`.
    pub act: String,
    /// Object of the act: `queue:render`, `case:<id>`.
    pub subject: String,
    pub detail: serde_json::Value,
}
