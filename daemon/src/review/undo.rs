//! Undoes a decision: adds a row, and restores everything.

use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{AccountId, CaseId, SetId, UploadId};
use tradepost_common::review::{Decision, DecisionAct};
use uuid::Uuid;

use super::deciding::subject;
use super::queries;
use super::queries::decisions::{self, CaseState, DecisionRow, NewDecision};
use super::standing::Move;
use crate::accounts::service as accounts;
use crate::accounts::trust;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::service as catalog;
use crate::catalog::undo::{self as catalog_undo, PutBackError};
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, PreviewJob};
use crate::uploads::{service as uploads, undo as uploads_undo};

/// The decisions that a peer may undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoScope {
    Own,
    /// Operators.
    All,
}

/// Undoes the latest decision of a case.
///
/// # Errors
/// A conflict when there is none, it was taken back or appealed against already, it is too late, or something was built on it;
/// forbidden when it is somebody else's.
pub async fn undo(app: &App, actor: &Actor, scope: UndoScope, id: CaseId) -> ApiResult<Decision> {
    let mut tx = app.db.begin().await?;
    let (_, account, _) = queries::upload_and_account(&mut *tx, id)
        .await?
        .ok_or(ApiError::NotFound("case"))?;
    accounts::lock(&mut tx, account).await?;
    let case = decisions::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    let Some(decision_id) = case.decision_id else {
        return Err(nothing_to_undo(&mut tx, id).await?);
    };
    let decision = decisions::find(&mut *tx, decision_id).await?;
    if decision.actor != actor.user && scope == UndoScope::Own {
        let detail = format!("{} decided this: only {0} or an operator can undo it.", decision.actor);
        return Err(ApiError::Forbidden(detail));
    }
    refuse_late(app, &decision)?;
    if decision.act == DecisionAct::Ban {
        for (part, other) in decisions::parts(&mut tx, decision.id).await? {
            let case = decisions::lock(&mut tx, other)
                .await?
                .ok_or(ApiError::NotFound("case"))?;
            let part = decisions::find(&mut *tx, part).await?;
            take_back(app, &mut tx, actor, account, &case, &part).await?;
        }
    }
    take_back(app, &mut tx, actor, account, &case, &decision).await?;
    tx.commit().await?;
    app.changed.everything();
    Ok(decisions::find(&app.db, decision.id).await?.into_decision(None))
}

/// End of the time in which a decision can be undone, if it still can.
pub fn undo_until(app: &App, decision: &DecisionRow) -> Option<OffsetDateTime> {
    let until = decision.at + Duration::minutes(app.config.review.undo_minutes.into());
    let can = decision.undone_by.is_none() && !decision.appealed && decision.before.is_some();
    (can && until > OffsetDateTime::now_utc()).then_some(until)
}

async fn nothing_to_undo(tx: &mut PgConnection, id: CaseId) -> sqlx::Result<ApiError> {
    let last = decisions::list(tx, id).await?.into_iter().next();
    Ok(match last {
        Some(last) if last.appealed => {
            ApiError::conflict("undo-appealed", "The contributor has appealed: decide the appeal.")
        }
        Some(DecisionRow {
            undone_by: Some(by), ..
        }) => ApiError::conflict("already-undone", format!("{by} has already undone the decision.")),
        _ => ApiError::conflict("nothing-to-undo", "The case is not decided."),
    })
}

fn refuse_late(app: &App, decision: &DecisionRow) -> ApiResult<()> {
    match undo_until(app, decision) {
        Some(_) => Ok(()),
        None => {
            let minutes = app.config.review.undo_minutes;
            let detail = format!("A decision can be undone for {minutes} minutes; this one is older.");
            Err(ApiError::conflict("undo-too-late", detail))
        }
    }
}

/// Restores everything that the decision changed: set, upload, case, trust, ban.
async fn take_back(
    app: &App,
    tx: &mut PgConnection,
    actor: &Actor,
    account: AccountId,
    case: &CaseState,
    decision: &DecisionRow,
) -> ApiResult<()> {
    let before = decision.before.clone().unwrap_or_default();
    if let Some(set) = catalog::set_of_upload(&mut *tx, case.upload_id).await? {
        catalog::lock_set(&mut *tx, set).await?;
        catalog_undo::put_back(&mut *tx, set, &before["set"])
            .await
            .map_err(built_on)?;
        let mut redrawn = catalog_undo::forget_sheets_that_show(&mut *tx, set).await?;
        if before["set"]["sheets"].as_array().is_none_or(Vec::is_empty) {
            // It was about to be drawn when the decision came: what was drawn since is gone.
            redrawn.push((set, case.upload_id));
        }
        redraw(app, &mut *tx, &redrawn).await?;
    }
    uploads::lock(&mut *tx, case.upload_id).await?;
    uploads_undo::put_back(&mut *tx, case.upload_id, &before["upload"]).await?;
    decisions::put_back(&mut *tx, case.id, &before["case"]).await?;
    if decision.act == DecisionAct::Ban {
        accounts::restore_ban(&mut *tx, account, decision.at, &before["ban"]).await?;
    }
    let undo_id = Uuid::now_v7();
    let moved = move_back(&mut *tx, account, decision).await?;
    let row = NewDecision {
        id: undo_id,
        undoes: Some(decision.id),
        trust: Some((moved.before, moved.after)),
        ..NewDecision::new(case.id, DecisionAct::Undo, &actor.user)
    };
    decisions::insert(&mut *tx, &row).await?;
    moved.write(&mut *tx, account, Some(undo_id)).await?;
    let detail = json!({ "decision": decision.id, "act": decision.act, "by": decision.actor });
    Ok(audit::record(tx, actor, AuditAct::CaseUndo, &subject(case.id), detail).await?)
}

/// Undoes only what this decision did to the trust: it may have moved since.
async fn move_back(tx: &mut PgConnection, account: AccountId, decision: &DecisionRow) -> sqlx::Result<Move> {
    let now = accounts::lock(tx, account).await?.trust;
    let back = decision
        .trust()
        .map_or(now, |(before, after)| trust::taken_back(now, before, after));
    Ok(Move::to(now, back, "a decision was undone"))
}

/// Renders contact sheets again: those of the family's other sets must not show unpublished items.
async fn redraw(app: &App, tx: &mut PgConnection, sets: &[(SetId, UploadId)]) -> ApiResult<()> {
    for (set_id, upload_id) in sets.iter().copied() {
        let again = PreviewJob { upload_id, set_id };
        app.broker.send(&mut *tx, &[Job::Preview(again).message()]).await?;
    }
    Ok(())
}

fn built_on(error: PutBackError) -> ApiError {
    match error {
        PutBackError::NameTaken => ApiError::conflict(
            "undo-name-taken",
            "The contributor has uploaded another set of that name since. Reject that one first.",
        ),
        PutBackError::Changed => {
            ApiError::conflict("undo-changed", "The files have changed since: some were taken down.")
        }
        PutBackError::Database(error) => ApiError::Internal(error),
    }
}
