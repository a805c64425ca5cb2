//! Claims of cases: they expire. The next case of the queue, skipping, and viewers.

use tradepost_common::audit::AuditAct;
use tradepost_common::ids::CaseId;
use tradepost_common::review::{CaseRow, DecisionAct, Viewers};

use super::deciding::{claimed, lock_for, subject};
use super::queries::claims::{self as queries, OwnAppeals};
use super::queries::decisions::{self, NewDecision};
use super::service::find;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};

/// A viewer that was not seen for so long has left.
pub const VIEWER_SECONDS: f64 = 15.0;

/// Claims a case for a while; claiming one's own again extends the claim.
///
/// # Errors
/// A conflict when it is decided already or held by somebody else.
pub async fn claim(app: &App, actor: &Actor, id: CaseId) -> ApiResult<CaseRow> {
    let mut tx = app.db.begin().await?;
    let state = lock_for(&mut tx, actor, id).await?;
    queries::set_claim(&mut *tx, id, &actor.user, app.config.limits.claim_seconds.into()).await?;
    if state.claimed_by.is_none() {
        audit::note(&mut tx, actor, AuditAct::CaseClaim, &subject(id)).await?;
    }
    tx.commit().await?;
    app.changed.cases();
    find(&app.db, id).await
}

/// Stops viewing and releases the claim, if there is one.
///
/// # Errors
/// A conflict when somebody else holds it.
pub async fn release(app: &App, actor: &Actor, id: CaseId) -> ApiResult<CaseRow> {
    let mut tx = app.db.begin().await?;
    let state = decisions::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    queries::look_away(&mut *tx, id, &actor.user).await?;
    let is_own = state.claimed_by.as_ref() == Some(&actor.user);
    if is_own {
        queries::clear_claim(&mut *tx, id).await?;
        audit::note(&mut tx, actor, AuditAct::CaseRelease, &subject(id)).await?;
    }
    tx.commit().await?;
    app.changed.cases();
    match state.claimed_by {
        Some(holder) if !is_own => Err(claimed(&holder)),
        _ => find(&app.db, id).await,
    }
}

/// Claims the first case of the queue that nobody holds and this moderator did not skip. An appeal goes to somebody else than
/// who decided it before, as long as there is anything else to do.
///
/// # Errors
/// `ApiError::Nothing` when no case is left.
pub async fn next(app: &App, actor: &Actor) -> ApiResult<CaseRow> {
    let seconds = app.config.limits.claim_seconds.into();
    let mut tx = app.db.begin().await?;
    let mut claimed = queries::claim_next(&mut tx, &actor.user, seconds, OwnAppeals::Excluded).await?;
    if claimed.is_none() {
        claimed = queries::claim_next(&mut tx, &actor.user, seconds, OwnAppeals::Included).await?;
    }
    let id = claimed.ok_or(ApiError::Nothing {
        code: "no-case",
        detail: "Every open case is claimed, or you skipped it.",
    })?;
    audit::record(
        &mut tx,
        actor,
        AuditAct::CaseClaim,
        &subject(id),
        serde_json::json!({ "next": true }),
    )
    .await?;
    tx.commit().await?;
    app.changed.cases();
    find(&app.db, id).await
}

/// Skips a case: the claim is released, and the case is not handed to this moderator again for a while.
///
/// # Errors
/// A conflict when it is decided already or held by somebody else.
pub async fn skip(app: &App, actor: &Actor, id: CaseId) -> ApiResult<CaseRow> {
    let mut tx = app.db.begin().await?;
    let state = lock_for(&mut tx, actor, id).await?;
    if state.claimed_by.is_some() {
        queries::clear_claim(&mut *tx, id).await?;
    }
    queries::look_away(&mut *tx, id, &actor.user).await?;
    queries::skip(&mut *tx, id, &actor.user, app.config.review.skip_minutes).await?;
    decisions::insert(&mut tx, &NewDecision::new(id, DecisionAct::Skip, &actor.user)).await?;
    audit::note(&mut tx, actor, AuditAct::CaseSkip, &subject(id)).await?;
    tx.commit().await?;
    app.changed.cases();
    find(&app.db, id).await
}

/// Records that a case is on the moderator's screen, and answers with the other viewers.
pub async fn view(app: &App, actor: &Actor, id: CaseId) -> ApiResult<Viewers> {
    let case = find(&app.db, id).await?;
    let before = queries::viewers(&app.db, id, VIEWER_SECONDS).await?;
    queries::see(&app.db, id, &actor.user).await?;
    if !before.contains(&actor.user) {
        // The others' screens say so at once.
        app.changed.cases();
    }
    Ok(Viewers {
        others: before.into_iter().filter(|viewer| *viewer != actor.user).collect(),
        claimed_by: case.claimed_by,
    })
}

/// Deletes viewers who left, and skips that are over.
pub async fn tidy(app: &App) -> sqlx::Result<()> {
    queries::forget_viewers(&app.db).await?;
    queries::forget_skips(&app.db).await
}
