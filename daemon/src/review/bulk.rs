//! One decision about many cases: planned first, then done case by case, each with a transaction and an undo of its own.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::CaseId;
use tradepost_common::review::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview, BulkWhich, DecisionAct, LeftOut};
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

use super::decide::{self, Rejection};
use super::deciding::begin;
use super::queries::bulk::{self as queries, Candidate};
use super::reasons::{self, Reason};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::undo as catalog_undo;
use crate::error::{ApiError, ApiResult};

/// Cases of one bulk decision.
pub const MAX_CASES: usize = 1_000;
/// More than so many want their number typed.
const UNCONFIRMED: usize = 20;
/// Decisions that run at the same time.
const AT_ONCE: usize = 4;

/// Plans a bulk decision; changes nothing.
///
/// # Errors
/// Invalid when more than 1,000 cases are named, or the reason says nothing.
pub async fn plan(app: &App, actor: &Actor, body: &BulkPlan) -> ApiResult<BulkPreview> {
    reason_of(&body.act)?;
    let named = match &body.which {
        BulkWhich::Cases(ids) => {
            refuse_too_many(ids.len())?;
            distinct(ids)
        }
        BulkWhich::Cluster(cluster) => queries::of_cluster(&app.db, *cluster, MAX_CASES as i64).await?,
        BulkWhich::Contributor(name) => queries::of_contributor(&app.db, name, MAX_CASES as i64).await?,
    };
    let known: HashMap<Uuid, Candidate> = queries::candidates(&app.db, &named)
        .await?
        .into_iter()
        .map(|candidate| (candidate.id, candidate))
        .collect();
    let uploads: Vec<Uuid> = known.values().map(|candidate| candidate.upload_id).collect();
    let counts: HashMap<Uuid, (i64, i64)> = catalog_undo::count_ready(&app.db, &uploads)
        .await?
        .into_iter()
        .map(|(upload, ready, open)| (upload.0, (ready, open)))
        .collect();
    let mut preview = BulkPreview {
        cases: Vec::new(),
        items: 0,
        contributors: 0,
        left_out: Vec::new(),
        confirm: None,
    };
    let mut contributors = HashSet::new();
    for id in named {
        let candidate = known.get(&id);
        let (ready, open) = candidate
            .and_then(|candidate| counts.get(&candidate.upload_id).copied())
            .unwrap_or_default();
        match (candidate, why_not(candidate, &body.act, actor, ready)) {
            (Some(candidate), None) => {
                preview.cases.push(CaseId(id));
                preview.items += if body.act == BulkAct::Approve { ready } else { open };
                contributors.insert(candidate.account_id);
            }
            (candidate, why) => preview.left_out.push(LeftOut {
                case: CaseId(id),
                title: candidate.map_or_else(String::new, |candidate| candidate.title.clone()),
                why: why.unwrap_or_default(),
            }),
        }
    }
    preview.contributors = contributors.len() as i64;
    preview.confirm = confirmation(preview.cases.len());
    Ok(preview)
}

/// Decides exactly these cases, each by itself; what can not be decided any more is left out.
///
/// # Errors
/// Invalid when more than 1,000 cases are named, their number is not confirmed, or the reason says nothing.
pub async fn run(app: &App, actor: &Actor, body: &Bulk) -> ApiResult<BulkDone> {
    let reason = reason_of(&body.act)?;
    refuse_too_many(body.cases.len())?;
    let ids = distinct(&body.cases);
    if let Some(expected) = confirmation(ids.len())
        && body.confirm.as_deref().map(str::trim) != Some(&expected)
    {
        let detail = format!("must be the number of cases, {expected}");
        return Err(ApiError::invalid("confirm", detail));
    }
    let reason = reason.as_ref();
    let outcomes: Vec<_> = stream::iter(ids.clone())
        .map(|id| async move { (CaseId(id), one(app, actor, CaseId(id), reason).await) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let known = queries::candidates(&app.db, &ids).await?;
    let title = |id: CaseId| {
        let case = known.iter().find(|candidate| candidate.id == id.0);
        case.map_or_else(String::new, |candidate| candidate.title.clone())
    };
    let mut done = BulkDone {
        decided: Vec::new(),
        left_out: Vec::new(),
    };
    for (case, outcome) in outcomes {
        match outcome {
            Ok(()) => done.decided.push(case),
            Err(error) => done.left_out.push(LeftOut {
                case,
                title: title(case),
                why: in_words(error),
            }),
        }
    }
    summarise(app, actor, &body.act, &done).await?;
    app.changed.everything();
    Ok(done)
}

/// Decides one case; `reason` is there for a rejection.
async fn one(app: &App, actor: &Actor, id: CaseId, reason: Option<&Reason>) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let deciding = begin(&mut tx, actor, id).await?;
    if deciding.case.waiting {
        return Err(ApiError::conflict("case-waiting", WAITS));
    }
    match reason {
        Some(reason) => {
            decide::reject_in(app, &mut tx, actor, deciding, reason, Rejection::Plain).await?;
        }
        None if deciding.case.severity == FindingSeverity::Blocking => {
            return Err(ApiError::conflict("case-blocking", BLOCKING));
        }
        None => decide::approve_in(app, &mut tx, actor, deciding, &[], None).await?,
    }
    Ok(tx.commit().await?)
}

const WAITS: &str = "It is waiting for the contributor's answer.";
const BLOCKING: &str = "It has blocking findings: decide it alone.";

/// The reason to leave a case out.
fn why_not(candidate: Option<&Candidate>, act: &BulkAct, actor: &Actor, ready: i64) -> Option<String> {
    let Some(case) = candidate else {
        return Some("There is no such case.".to_owned());
    };
    let approving = *act == BulkAct::Approve;
    let why = match &case.claimed_by {
        _ if case.decided => "Already decided.",
        Some(holder) if *holder != actor.user => return Some(format!("{holder} holds the case.")),
        _ if case.waiting => WAITS,
        _ if approving && case.severity == FindingSeverity::Blocking => BLOCKING,
        _ if approving && case.banned => "The contributor is banned. Lift the ban first.",
        _ if approving && ready == 0 => "No file of this pack may be published. Reject it instead.",
        _ => return None,
    };
    Some(why.to_owned())
}

/// The reason that the contributors are given; none for an approval.
fn reason_of(act: &BulkAct) -> ApiResult<Option<Reason>> {
    match act {
        BulkAct::Approve => Ok(None),
        BulkAct::Reject { template, reason } => reasons::required(template.as_deref(), reason.as_deref()).map(Some),
    }
}

fn refuse_too_many(count: usize) -> ApiResult<()> {
    if (1..=MAX_CASES).contains(&count) {
        return Ok(());
    }
    Err(ApiError::invalid("cases", "must be 1 to 1,000 cases"))
}

fn distinct(ids: &[CaseId]) -> Vec<Uuid> {
    let mut seen = HashSet::new();
    ids.iter().map(|id| id.0).filter(|id| seen.insert(*id)).collect()
}

fn confirmation(count: usize) -> Option<String> {
    (count > UNCONFIRMED).then(|| count.to_string())
}

fn in_words(error: ApiError) -> String {
    if let ApiError::Internal(error) = &error {
        tracing::error!(error = format!("{error:#}"), "could not decide a case of many");
    }
    let problem = error.problem();
    problem.detail.unwrap_or(problem.title)
}

/// Each decision has its audit row; this one says that they belong together.
async fn summarise(app: &App, actor: &Actor, act: &BulkAct, done: &BulkDone) -> ApiResult<()> {
    let act = match act {
        BulkAct::Approve => DecisionAct::Approve,
        BulkAct::Reject { .. } => DecisionAct::Reject,
    };
    let detail = json!({ "act": act, "decided": done.decided.len(), "left_out": done.left_out.len() });
    let mut tx = app.db.begin().await?;
    audit::record(&mut tx, actor, AuditAct::CaseBulk, "cases", detail).await?;
    Ok(tx.commit().await?)
}
