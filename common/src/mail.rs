//! Mails to buyers and contributors.
//!
//! - `GET /v1/mails?recipient=&cursor=&limit=`: newest first (`Page<MailRow>`)
//! - `GET /v1/mails/{id}`: one with its text ([`MailView`])

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

crate::text_enum! {
    /// State of a mail.
    pub enum MailState {
        /// A message of the queue `mail` is on its way.
        Queued = "queued",
        /// The mail server took it.
        Sent = "sent",
        /// No mail server is configured.
        Kept = "kept",
        /// The mail server refused it for good, or an operator gave it up.
        Discarded = "discarded",
    }
}

/// A mail without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRow {
    pub id: Uuid,
    /// `receipt`, `verification`, ...
    pub kind: String,
    pub recipient: String,
    pub subject: String,
    pub state: MailState,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub sent_at: Option<OffsetDateTime>,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    #[serde(flatten)]
    pub mail: MailRow,
    /// `None` once it is sent: it may have held a secret link.
    pub text: Option<String>,
    pub html: Option<String>,
}
