//! Approve, reject, ban: each in one transaction, with everything that is needed to take it back.

use serde_json::json;
use sqlx::PgConnection;
use tradepost_common::audit::AuditAct;
use tradepost_common::catalog::SetState;
use tradepost_common::ids::{CaseId, ItemId, UploadId};
use tradepost_common::review::{Approve, Ban, CaseOutcome, Decision, DecisionAct, Reject, Trust};
use tradepost_common::uploads::{Finding, FindingSeverity, Stage, UploadState};
use uuid::Uuid;

use super::deciding::{Deciding, begin, load, subject};
use super::queries;
use super::queries::decisions::{self, NewDecision};
use super::reasons::{self, Reason};
use super::service::current_decision;
use super::standing::Move;
use crate::accounts::service as accounts;
use crate::accounts::trust;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::service::{self as catalog, SetProgress};
use crate::catalog::undo as catalog_undo;
use crate::error::{ApiError, ApiResult};
use crate::findings::{self, file_finding, pack_finding};
use crate::jobs::{Job, PreviewJob};
use crate::notices::{self, Event};
use crate::uploads::service as uploads;

/// Other open cases of a contributor that a ban rejects at most; the rest stays open.
const MAX_BANNED_CASES: i64 = 1_000;

/// Publishes what may be published of a pack, except the items named.
///
/// # Errors
/// A conflict when it is decided already, held by somebody else, or nothing is left to publish.
pub async fn approve(app: &App, actor: &Actor, id: CaseId, body: &Approve) -> ApiResult<Decision> {
    let reason = reasons::optional(body.template.as_deref(), body.reason.as_deref())?;
    let mut tx = app.db.begin().await?;
    let deciding = begin(&mut tx, actor, id).await?;
    approve_in(app, &mut tx, actor, deciding, &body.except, reason.as_ref()).await?;
    tx.commit().await?;
    app.changed.everything();
    current_decision(app, id).await
}

/// Rejects a pack: nothing of it is published.
///
/// # Errors
/// A conflict when it is decided already or held by somebody else.
pub async fn reject(app: &App, actor: &Actor, id: CaseId, body: &Reject) -> ApiResult<Decision> {
    let reason = reasons::required(body.template.as_deref(), body.reason.as_deref())?;
    let mut tx = app.db.begin().await?;
    let deciding = begin(&mut tx, actor, id).await?;
    reject_in(app, &mut tx, actor, deciding, &reason, Rejection::Plain).await?;
    tx.commit().await?;
    app.changed.everything();
    current_decision(app, id).await
}

/// Rejects a pack and closes its contributor's account.
///
/// # Errors
/// A conflict when it is decided already or held by somebody else.
pub async fn ban(app: &App, actor: &Actor, id: CaseId, body: &Ban) -> ApiResult<Decision> {
    let reason = reasons::required(body.template.as_deref(), body.reason.as_deref())?;
    let mut tx = app.db.begin().await?;
    let deciding = begin(&mut tx, actor, id).await?;
    let account = deciding.account;
    let banning = reject_in(app, &mut tx, actor, deciding, &reason, Rejection::Ban).await?;
    accounts::ban(&mut tx, account, &actor.user, &reason.text).await?;
    if body.reject_open {
        for other in queries::open_of_account(&mut *tx, account, &actor.user, MAX_BANNED_CASES).await? {
            // Somebody may have taken it a moment ago: then it is that one's to decide.
            match load(&mut tx, actor, other).await {
                Ok(part) => reject_in(app, &mut tx, actor, part, &reason, Rejection::PartOf(banning)).await?,
                Err(ApiError::Conflict { .. }) => continue,
                Err(error) => return Err(error),
            };
        }
    }
    tx.commit().await?;
    app.changed.everything();
    current_decision(app, id).await
}

/// The cause of a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    Plain,
    Ban,
    /// Along with the ban that this decision made.
    PartOf(Uuid),
}

/// Approves in the caller's transaction.
pub(super) async fn approve_in(
    app: &App,
    tx: &mut PgConnection,
    actor: &Actor,
    deciding: Deciding,
    except: &[ItemId],
    reason: Option<&Reason>,
) -> ApiResult<()> {
    let no_pack = || ApiError::conflict("nothing-to-publish", "The pack could not be opened.");
    let set = deciding.set.as_ref().ok_or_else(no_pack)?;
    if deciding.standing.banned {
        let detail = "The contributor is banned. Lift the ban first.";
        return Err(ApiError::conflict("account-banned", detail));
    }
    refuse_unexplained_malware(&mut *tx, deciding.case.upload_id).await?;
    let sheet = catalog::sheet_items(&mut *tx, set.id).await?;
    let (published, rejected) = catalog::publish_set(&mut *tx, set, except).await?;
    if published == 0 {
        let detail = "No file of this pack may be published. Reject it instead.";
        return Err(ApiError::conflict("nothing-to-publish", detail));
    }
    report_left_out(&mut *tx, set, except, reason).await?;
    if sheet.iter().any(|item| except.contains(item)) {
        catalog::delete_sheet(&mut *tx, set.id).await?;
        let again = PreviewJob {
            upload_id: set.upload_id,
            set_id: set.id,
        };
        app.broker.send(&mut *tx, &[Job::Preview(again).message()]).await?;
    } else {
        catalog::publish_sheet(&mut *tx, set.id).await?;
    }
    uploads::settle(&mut *tx, set.upload_id, Stage::Review, UploadState::Published).await?;
    notices::emit(&app.broker, &mut *tx, &[Event::UploadPublished(set.upload_id)]).await?;
    let moved = after_approval(app, &mut *tx, &deciding).await?;
    let decision = NewDecision {
        items_published: published,
        items_rejected: rejected,
        items_left_out: set.items_ready - published,
        ..described(&deciding, DecisionAct::Approve, &actor.user, reason, &moved)
    };
    conclude(tx, actor, &deciding, CaseOutcome::Approved, &decision, &moved).await
}

/// Rejects in the caller's transaction. Answers with the decision's id.
pub(super) async fn reject_in(
    app: &App,
    tx: &mut PgConnection,
    actor: &Actor,
    deciding: Deciding,
    reason: &Reason,
    rejection: Rejection,
) -> ApiResult<Uuid> {
    let upload = deciding.case.upload_id;
    // Files that were left out stay left out: an appeal against a part takes nothing from what is published.
    let partly = deciding
        .set
        .as_ref()
        .is_some_and(|set| set.state == SetState::Published);
    let rejected = match &deciding.set {
        Some(set) if partly => catalog_undo::reject_rest(&mut *tx, set.id).await?,
        Some(set) => catalog::reject_set(&mut *tx, set).await?,
        None => 0,
    };
    let what = if partly { "some files of the pack" } else { "the pack" };
    let message = format!("A moderator rejected {what}: {}", reason.text);
    let finding = pack_finding("rejected", FindingSeverity::Blocking, message);
    findings::insert(&mut *tx, upload, &[finding]).await?;
    let state = if partly {
        UploadState::Published
    } else {
        UploadState::Rejected
    };
    uploads::settle(&mut *tx, upload, Stage::Review, state).await?;
    notices::emit(&app.broker, &mut *tx, &[Event::UploadRejected(upload)]).await?;
    let now = deciding.standing.trust;
    let moved = match rejection {
        Rejection::Ban => Move::to(now, Trust::New, "banned"),
        Rejection::PartOf(_) => Move::none(now),
        // The rejection that was appealed against has cost its level already.
        Rejection::Plain if deciding.case.appeal_against.is_some() => Move::none(now),
        Rejection::Plain => Move::to(
            now,
            trust::after_rejection(now, &app.config.review.trust),
            "a pack was rejected",
        ),
    };
    let act = match rejection {
        Rejection::Ban => DecisionAct::Ban,
        Rejection::Plain | Rejection::PartOf(_) => DecisionAct::Reject,
    };
    let decision = NewDecision {
        items_rejected: rejected,
        part_of: match rejection {
            Rejection::PartOf(ban) => Some(ban),
            Rejection::Plain | Rejection::Ban => None,
        },
        ..described(&deciding, act, &actor.user, Some(reason), &moved)
    };
    conclude(tx, actor, &deciding, CaseOutcome::Rejected, &decision, &moved).await?;
    Ok(decision.id)
}

/// An appeal that is accepted gives back what the rejection took; then the publication counts.
async fn after_approval(app: &App, tx: &mut PgConnection, deciding: &Deciding) -> ApiResult<Move> {
    let now = deciding.standing.trust;
    let mut given_back = now;
    if deciding.case.appeal_against.is_some() {
        let history = decisions::list(&mut *tx, deciding.case.id).await?;
        let appealed = history
            .iter()
            .find(|decision| decision.appealed && decision.undone_by.is_none());
        given_back = appealed
            .and_then(|decision| decision.trust())
            .map_or(now, |(before, after)| trust::taken_back(now, before, after));
    }
    let moved = Move::by_publication(tx, deciding.account, given_back, &app.config.review.trust).await?;
    Ok(match moved.after == given_back {
        true => Move::to(now, given_back, "an appeal was accepted"),
        false => Move::to(now, moved.after, moved.reason),
    })
}

fn described<'a>(
    deciding: &'a Deciding,
    act: DecisionAct,
    by: &'a str,
    reason: Option<&'a Reason>,
    moved: &Move,
) -> NewDecision<'a> {
    NewDecision {
        template: reason.and_then(|reason| reason.template),
        reason: reason.map(|reason| reason.text.as_str()),
        is_final: deciding.case.appeal_against.is_some(),
        before: Some(&deciding.before),
        trust: Some((moved.before, moved.after)),
        ..NewDecision::new(deciding.case.id, act, by)
    }
}

/// Writes the decision down, with the move of trust and the audit row.
async fn conclude(
    tx: &mut PgConnection,
    actor: &Actor,
    deciding: &Deciding,
    outcome: CaseOutcome,
    decision: &NewDecision<'_>,
    moved: &Move,
) -> ApiResult<()> {
    decisions::insert(&mut *tx, decision).await?;
    decisions::set_outcome(&mut *tx, outcome, decision).await?;
    moved.write(&mut *tx, deciding.account, Some(decision.id)).await?;
    let detail = json!({
        "upload": deciding.case.upload_id, "decision": decision.id, "template": decision.template, "reason": decision.reason,
        "items_published": decision.items_published, "items_rejected": decision.items_rejected,
        "trust": moved.after, "with_ban": decision.part_of,
    });
    let act = match decision.act {
        DecisionAct::Approve => AuditAct::CaseApprove,
        DecisionAct::Ban => AuditAct::CaseBan,
        _ => AuditAct::CaseReject,
    };
    Ok(audit::record(tx, actor, act, &subject(decision.case), detail).await?)
}

/// Tells the contributor which files were left out, and why.
async fn report_left_out(
    tx: &mut PgConnection,
    set: &SetProgress,
    except: &[ItemId],
    reason: Option<&Reason>,
) -> ApiResult<()> {
    let paths = queries::paths(&mut *tx, set.id, except).await?;
    if paths.len() != except.len() {
        return Err(ApiError::invalid(
            "except",
            "names an item that is not of this case, or one twice",
        ));
    }
    let why = reason.map_or("no reason given", |reason| reason.text.as_str());
    let message = format!("A moderator rejected the file: {why}");
    let left_out: Vec<Finding> = paths
        .iter()
        .map(|path| file_finding(path, "rejected", FindingSeverity::Blocking, message.as_str()))
        .collect();
    Ok(findings::insert(tx, set.upload_id, &left_out).await?)
}

/// Malware in the pack that no file of it explains: then none of its files can be trusted.
async fn refuse_unexplained_malware(tx: &mut PgConnection, upload: UploadId) -> ApiResult<()> {
    let found = findings::list(&mut *tx, upload).await?;
    let malware = || found.iter().filter(|finding| finding.rule == "malware");
    if malware().any(|finding| finding.file.is_none()) && !malware().any(|finding| finding.file.is_some()) {
        let detail = "The scanner found malware in the pack that is in none of its files. Reject the pack.";
        return Err(ApiError::conflict("unexplained-malware", detail));
    }
    Ok(())
}
