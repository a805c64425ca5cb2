//! Questions of moderators, answers and appeals of contributors.

use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::review::{Ask, CaseOutcome, CaseRow, DecisionAct, LetterKind, QuestionState};
use uuid::Uuid;

use super::deciding::{lock_for, subject};
use super::queries::decisions::{self, CaseState, DecisionRow, NewDecision};
use super::queries::{self, letters};
use super::reasons::{self, Letter, Note};
use super::service::find;
use crate::accounts::{Account, service as accounts};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::service as catalog;
use crate::catalog::undo::{self as catalog_undo, PutBackError};
use crate::error::{self, ApiError, ApiResult};
use crate::uploads::{service as uploads, undo as uploads_undo};

/// Asks the contributor: the case waits until an answer comes, or long enough.
///
/// # Errors
/// A conflict when it is decided already or held by somebody else; invalid without a question.
pub async fn ask(app: &App, actor: &Actor, id: CaseId, body: &Ask) -> ApiResult<CaseRow> {
    let question: Note = reasons::parse("question", &body.question)?;
    let question = question.as_str();
    let mut tx = app.db.begin().await?;
    lock_for(&mut tx, actor, id).await?;
    letters::insert(&mut tx, id, LetterKind::Question, (&actor.user, question), None).await?;
    letters::set_waiting(&mut tx, id, app.config.review.answer_days).await?;
    let decision = NewDecision {
        reason: Some(question),
        ..NewDecision::new(id, DecisionAct::Ask, &actor.user)
    };
    decisions::insert(&mut tx, &decision).await?;
    audit::record(
        &mut tx,
        actor,
        AuditAct::CaseAsk,
        &subject(id),
        json!({ "question": question }),
    )
    .await?;
    tx.commit().await?;
    app.changed.everything();
    find(&app.db, id).await
}

/// Answers a moderator's question: the case is in the queue again.
///
/// # Errors
/// Not found when the upload is not the account's; a conflict when nothing was asked.
pub async fn answer(app: &App, account: &Account, upload: UploadId, text: &str) -> ApiResult<()> {
    let text: Letter = reasons::parse("text", text)?;
    let text = text.as_str();
    let no_question = || ApiError::conflict("no-question", "No question was asked about this upload.");
    let mut tx = app.db.begin().await?;
    let id = own_case(&mut tx, account, upload).await?.ok_or_else(no_question)?;
    let case = decisions::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    if case.decided || case.question != Some(QuestionState::Asked) {
        return Err(no_question());
    }
    letters::insert(&mut tx, id, LetterKind::Answer, (&account.name, text), None).await?;
    letters::set_answered(&mut tx, id).await?;
    tx.commit().await?;
    app.changed.everything();
    Ok(())
}

/// Appeals against the decision about an upload: its case is open again, as it was before the decision.
///
/// # Errors
/// Not found when the upload is not the account's; a conflict when there is nothing to appeal against, or it was done already;
/// gone when it is too late.
pub async fn appeal(app: &App, account: &Account, upload: UploadId, text: &str) -> ApiResult<()> {
    let text: Letter = reasons::parse("text", text)?;
    let text = text.as_str();
    let mut tx = app.db.begin().await?;
    accounts::lock(&mut tx, account.id).await?;
    let id = own_case(&mut tx, account, upload).await?.ok_or_else(not_appealable)?;
    let case = decisions::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    let decision = appealable(app, &mut tx, &case).await?;
    open_again(&mut tx, &case, &decision).await?;
    let hours = app.config.review.target_hours.for_severity(case.severity);
    letters::set_appealed(&mut tx, id, &decision.actor, hours).await?;
    insert_appeal(&mut tx, id, (&account.name, text), decision.id).await?;
    tx.commit().await?;
    app.changed.everything();
    Ok(())
}

/// Puts cases whose contributors never answered back into the queue.
pub async fn end_waiting(app: &App) -> sqlx::Result<()> {
    let returned = letters::end_waiting(&app.db).await?;
    if returned > 0 {
        tracing::info!(cases = returned, "put cases without an answer back into the queue");
        app.changed.cases();
    }
    Ok(())
}

/// The end of the time to appeal against a decision that is not final, if it rejected anything.
pub fn appeal_until(
    app: &App,
    decided_at: OffsetDateTime,
    outcome: CaseOutcome,
    left_out: i64,
) -> Option<OffsetDateTime> {
    let until = decided_at + Duration::days(app.config.review.appeal_days.into());
    (outcome == CaseOutcome::Rejected || left_out > 0).then_some(until)
}

/// The case of an upload that is the account's own.
async fn own_case(tx: &mut PgConnection, account: &Account, upload: UploadId) -> ApiResult<Option<CaseId>> {
    let owner = queries::standing::account_of(&mut *tx, upload).await?;
    if owner != Some(account.id) {
        return Err(ApiError::NotFound("upload"));
    }
    Ok(queries::case_of_upload(tx, upload).await?)
}

async fn appealable(app: &App, tx: &mut PgConnection, case: &CaseState) -> ApiResult<DecisionRow> {
    let Some(decision_id) = case.decision_id else {
        return Err(match case.appeal_against {
            Some(_) => already_appealed(),
            None => ApiError::conflict("not-decided", "The pack is not decided yet."),
        });
    };
    let decision = decisions::find(tx, decision_id).await?;
    if decision.is_final {
        let detail = "The pack was decided again after your appeal; that decision is final.";
        return Err(ApiError::conflict("appeal-final", detail));
    }
    let until = appeal_until(app, decision.at, decision.outcome(), decision.items_left_out);
    match until {
        None => Err(not_appealable()),
        Some(until) if until < OffsetDateTime::now_utc() => Err(ApiError::Gone {
            code: "appeal-too-late",
            detail: format!(
                "An appeal is possible for {} days after the decision.",
                app.config.review.appeal_days
            ),
        }),
        Some(_) if decision.before.is_none() => Err(not_appealable()),
        Some(_) => Ok(decision),
    }
}

/// Everything that was rejected is as it was; what was published stays published.
async fn open_again(tx: &mut PgConnection, case: &CaseState, decision: &DecisionRow) -> ApiResult<()> {
    let before = decision.before.clone().unwrap_or_default();
    if let Some(set) = catalog::set_of_upload(&mut *tx, case.upload_id).await? {
        catalog::lock_set(&mut *tx, set).await?;
        if decision.act == DecisionAct::Approve {
            catalog_undo::put_back_rejected(&mut *tx, set, &before["set"]).await?;
        } else {
            catalog_undo::put_back(&mut *tx, set, &before["set"])
                .await
                .map_err(built_on)?;
        }
    }
    uploads::lock(&mut *tx, case.upload_id).await?;
    uploads_undo::put_back(&mut *tx, case.upload_id, &before["upload"]).await?;
    Ok(uploads::set_in_review(tx, case.upload_id).await?)
}

async fn insert_appeal(tx: &mut PgConnection, case: CaseId, letter: (&str, &str), decision: Uuid) -> ApiResult<()> {
    match letters::insert(tx, case, LetterKind::Appeal, letter, Some(decision)).await {
        Err(error) if error::constraint(&error) == Some("letters_appeal_once") => Err(already_appealed()),
        other => Ok(other?),
    }
}

fn not_appealable() -> ApiError {
    let detail = "No moderator rejected any file of this upload. Where a check refused it, correct what the findings name and upload it again.";
    ApiError::conflict("not-appealable", detail)
}

fn already_appealed() -> ApiError {
    ApiError::conflict("already-appealed", "You have already appealed against this decision.")
}

fn built_on(error: PutBackError) -> ApiError {
    match error {
        PutBackError::NameTaken => ApiError::conflict(
            "appeal-name-taken",
            "You have uploaded another set of that name since; it replaces this one.",
        ),
        PutBackError::Changed => ApiError::conflict("not-appealable", "Files of the pack were taken down since."),
        PutBackError::Database(error) => ApiError::Internal(error),
    }
}
