//! The review of an upload as its contributor sees it: the question, the decision, its reason, and what can be done next.

use serde::Serialize;
use time::OffsetDateTime;
use tradepost_common::ids::UploadId;
use tradepost_common::review::{CaseOutcome, QuestionState};
use utoipa::ToSchema;

use super::letters::appeal_until;
use super::queries::letters::{self, OwnCase};
use crate::app::App;

/// The review of an upload. Moderators are not named.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Review {
    /// The verdict, once there is one.
    pub decision: Option<Verdict>,
    /// A moderator's question; answer it with `POST /v1/uploads/{id}/answer`.
    pub question: Option<Question>,
    /// End of the time for `POST /v1/uploads/{id}/appeal`; null when an appeal is not possible.
    #[serde(with = "time::serde::rfc3339::option")]
    pub appeal_until: Option<OffsetDateTime>,
    /// You have appealed; a decision about it is final.
    pub appealed: bool,
    /// The next step, in a sentence.
    #[schema(max_length = 200)]
    pub next: String,
}

/// A moderator's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Verdict {
    /// `approved` or `rejected`.
    #[schema(pattern = "^(approved|rejected)$", max_length = 8)]
    pub outcome: String,
    #[schema(max_length = 4_000)]
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
    #[schema(max_length = 2_000)]
    pub text: String,
    #[serde(with = "time::serde::rfc3339::option")]
    pub asked_at: Option<OffsetDateTime>,
    /// After that the pack is decided without an answer.
    #[serde(with = "time::serde::rfc3339::option")]
    pub answer_until: Option<OffsetDateTime>,
    pub answered: bool,
}

/// The review of an upload; `None` when no moderator is involved.
pub async fn review_of(app: &App, upload: UploadId) -> sqlx::Result<Option<Review>> {
    let case = letters::own_case(&app.db, upload).await?;
    Ok(case.map(|case| {
        let appeal = appeal_of(app, &case);
        Review {
            next: next(&case, appeal),
            question: question(&case),
            appeal_until: appeal,
            appealed: case.appealed,
            decision: verdict(case),
        }
    }))
}

fn appeal_of(app: &App, case: &OwnCase) -> Option<OffsetDateTime> {
    let until = appeal_until(app, case.decided_at?, case.outcome?, case.items_left_out)?;
    (!case.is_final && case.has_before && until > OffsetDateTime::now_utc()).then_some(until)
}

fn verdict(case: OwnCase) -> Option<Verdict> {
    Some(Verdict {
        outcome: case.outcome?.to_string(),
        reason: case.reason,
        at: case.decided_at?,
        items_published: case.items_published,
        items_rejected: case.items_rejected,
    })
}

fn question(case: &OwnCase) -> Option<Question> {
    let answered = case.question? == QuestionState::Answered;
    Some(Question {
        text: case.question_text.clone()?,
        asked_at: case.asked_at,
        answer_until: case.waiting_until,
        answered,
    })
}

fn next(case: &OwnCase, appeal: Option<OffsetDateTime>) -> String {
    let is_asked = case.question == Some(QuestionState::Asked);
    let text = match (case.outcome, appeal) {
        (None, _) if is_asked => "A moderator has a question: answer it, and the review goes on.",
        (None, _) if case.appealed => "A moderator reviews the pack again because of your appeal.",
        (None, _) => "A moderator reviews the pack.",
        (Some(_), Some(_)) => "Correct what the reason names and upload it again, or appeal if you disagree.",
        (Some(CaseOutcome::Approved), None) => "Nothing: it is published.",
        (Some(_), None) => "Correct what the reason names and upload it again.",
    };
    text.to_owned()
}
