//! What a contributor is told of the review of an upload: the question, the verdict, the reason, and what can be done next.

use serde::Serialize;
use time::OffsetDateTime;
use tradepost_common::ids::UploadId;
use utoipa::ToSchema;

use super::letters::appeal_until;
use super::queries::letters::{self, Told};
use crate::app::App;

/// Where the review of an upload is. Moderators are not named.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Review {
    /// The verdict, once there is one.
    pub decision: Option<Verdict>,
    /// What a moderator wants to know: `POST /v1/uploads/{id}/answer`.
    pub question: Option<Question>,
    /// Until when `POST /v1/uploads/{id}/appeal` is possible, if it is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub appeal_until: Option<OffsetDateTime>,
    /// You have appealed; a decision about it is final.
    pub appealed: bool,
    /// What happens next, or what you can do, in a sentence.
    pub next: String,
}

/// A moderator's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Verdict {
    /// `approved` or `rejected`.
    pub outcome: String,
    pub reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub items_published: i64,
    /// Items that a check or the moderator left out; the findings name them.
    pub items_rejected: i64,
}

/// A moderator's question.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Question {
    pub text: String,
    #[serde(with = "time::serde::rfc3339::option")]
    pub asked_at: Option<OffsetDateTime>,
    /// After that the pack is decided without an answer.
    #[serde(with = "time::serde::rfc3339::option")]
    pub answer_until: Option<OffsetDateTime>,
    pub answered: bool,
}

/// What is told of an upload; nothing when no moderator has to do with it.
///
/// # Errors
/// When the database does not answer.
pub async fn of_upload(app: &App, upload: UploadId) -> sqlx::Result<Option<Review>> {
    let told = letters::told(&app.db, upload).await?;
    Ok(told.map(|told| {
        let appeal = appeal_of(app, &told);
        Review {
            next: next(&told, appeal),
            question: question(&told),
            appeal_until: appeal,
            appealed: told.appealed,
            decision: verdict(told),
        }
    }))
}

fn appeal_of(app: &App, told: &Told) -> Option<OffsetDateTime> {
    let (outcome, at) = (told.outcome.as_deref()?, told.decided_at?);
    let until = appeal_until(app, at, outcome, told.items_left_out, told.is_final)?;
    (told.has_memory && until > OffsetDateTime::now_utc()).then_some(until)
}

fn verdict(told: Told) -> Option<Verdict> {
    Some(Verdict {
        outcome: told.outcome?,
        reason: told.reason,
        at: told.decided_at?,
        items_published: told.items_published,
        items_rejected: told.items_rejected,
    })
}

fn question(told: &Told) -> Option<Question> {
    let answered = told.question.as_deref()? == "answered";
    Some(Question {
        text: told.question_text.clone()?,
        asked_at: told.asked_at,
        answer_until: told.waiting_until,
        answered,
    })
}

fn next(told: &Told, appeal: Option<OffsetDateTime>) -> String {
    let is_asked = told.question.as_deref() == Some("asked");
    let text = match (told.outcome.as_deref(), appeal) {
        (None, _) if is_asked => "A moderator has a question: answer it, and the pack is looked at again.",
        (None, _) if told.appealed => "A moderator looks at the pack again because of your appeal.",
        (None, _) => "A moderator looks at the pack.",
        (Some(_), Some(_)) => "Correct what the reason names and upload it again, or appeal if you disagree.",
        (Some("approved"), None) => "Nothing: it is published.",
        (Some(_), None) => "Correct what the reason names and upload it again.",
    };
    text.to_owned()
}
