//! The review desk: list and open cases, claim, approve, reject.

use std::collections::HashMap;

use anyhow::Context as _;
use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::ids::{CaseId, ItemId, UploadId};
use tradepost_common::review::{Approve, CaseDetail, CaseItem, CaseRow, Decision, Reject};
use tradepost_common::uploads::{Finding, FindingSeverity, UploadState};
use uuid::Uuid;

use super::queries::{self, After, CaseState, NewDecision};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::service::{self as catalog, SetProgress};
use crate::error::{ApiError, ApiResult};
use crate::previews::sheet_job::PreviewJob;
use crate::queue::{NewMessage, QueueName};
use crate::store::ContentKey;
use crate::uploads::findings;
use crate::uploads::service::{self as uploads, file_finding, pack_finding};
use crate::uploads::stages::Stage;

/// Files of a case that are listed.
const MAX_ITEMS: i64 = 2_000;
/// What a moderator writes to a contributor.
const MAX_REASON_CHARS: usize = 1_000;

/// Which cases are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Open,
    Decided,
}

/// One page of cases: open ones most severe first and then oldest, decided ones newest first.
pub async fn list(db: &PgPool, which: Which, cursor: Option<&str>, limit: u32) -> ApiResult<Page<CaseRow>> {
    let bad_cursor = || ApiError::invalid("cursor", "is not the `next` of a page");
    let rows = match which {
        Which::Open => {
            let after = cursor
                .map(|text| parse_cursor(text).ok_or_else(bad_cursor))
                .transpose()?;
            queries::list_open(
                db,
                after.unwrap_or(After {
                    rank: -1,
                    id: Uuid::nil(),
                }),
                limit.into(),
            )
            .await?
        }
        Which::Decided => {
            let before = cursor.map(|text| text.parse().map_err(|_| bad_cursor())).transpose()?;
            queries::list_decided(db, before.unwrap_or(Uuid::max()), limit.into()).await?
        }
    };
    let full = rows.len() == limit as usize;
    let cursor = |row: &CaseRow| match which {
        Which::Open => format!("{}-{}", rank(row.severity), row.id.0.simple()),
        Which::Decided => row.id.to_string(),
    };
    let next = full.then(|| rows.last().map(cursor)).flatten();
    Ok(Page { rows, next })
}

fn rank(severity: FindingSeverity) -> i16 {
    match severity {
        FindingSeverity::Blocking => 0,
        FindingSeverity::Warning => 1,
        FindingSeverity::Info => 2,
    }
}

fn parse_cursor(text: &str) -> Option<After> {
    let (rank, id) = text.split_once('-')?;
    Some(After {
        rank: rank.parse().ok()?,
        id: id.parse().ok()?,
    })
}

/// A case with its findings and files.
pub async fn detail(db: &PgPool, id: CaseId) -> ApiResult<CaseDetail> {
    let case = queries::find(db, id).await?.ok_or(ApiError::NotFound("case"))?;
    let found = findings::list(db, case.upload_id).await?;
    let set = catalog::set_of_upload(db, case.upload_id).await?;
    let (items, licence) = match set {
        Some(set) => (
            catalog::items_of_set(db, set, MAX_ITEMS).await?,
            catalog::licence(db, set).await?,
        ),
        None => (Vec::new(), None),
    };
    let mut by_file: HashMap<&str, i64> = HashMap::new();
    found
        .iter()
        .filter_map(|finding| finding.file.as_deref())
        .for_each(|file| *by_file.entry(file).or_default() += 1);
    let mut items: Vec<_> = items
        .into_iter()
        .map(|item| CaseItem {
            findings: by_file.get(item.path.as_str()).copied().unwrap_or_default(),
            id: item.id,
            path: item.path,
            title: item.title,
            state: item.state,
            size_bytes: item.size_bytes,
            has_picture: item.has_picture,
        })
        .collect();
    items.sort_by_key(|item| item.findings == 0);
    let record = queries::record(db, case.upload_id).await?;
    Ok(CaseDetail {
        record,
        findings: found,
        items,
        licence,
        look_alikes: Vec::new(),
        letters: Vec::new(),
        viewers: Vec::new(),
        claim_until: None,
        history: Vec::new(),
        decision: queries::decision(db, id).await?,
        case,
    })
}

/// The PNG of a file of a case, for the moderator's eyes.
pub async fn picture(app: &App, id: CaseId, item: ItemId, width: u32) -> ApiResult<bytes::Bytes> {
    let case = queries::find(&app.db, id).await?.ok_or(ApiError::NotFound("case"))?;
    let set = catalog::set_of_upload(&app.db, case.upload_id)
        .await?
        .ok_or(ApiError::NotFound("picture"))?;
    let hash = catalog::picture(&app.db, set, item, width.cast_signed())
        .await?
        .ok_or(ApiError::NotFound("picture"))?;
    let bytes = app
        .store
        .read_content(&ContentKey::rendition(hash, "png"))
        .await
        .context("reading a rendition")?;
    Ok(bytes)
}

/// Claims a case for a while; claiming one's own again extends the claim.
pub async fn claim(app: &App, actor: &Actor, id: CaseId) -> ApiResult<CaseRow> {
    let mut tx = app.db.begin().await?;
    let state = lock_for(&mut tx, actor, id).await?;
    queries::set_claim(&mut *tx, id, Some(&actor.user), app.config.limits.claim_seconds.into()).await?;
    if state.claimed_by.is_none() {
        audit::record(&mut tx, actor, "case.claim", &subject(id), serde_json::json!({})).await?;
    }
    tx.commit().await?;
    app.changed.cases();
    queries::find(&app.db, id).await?.ok_or(ApiError::NotFound("case"))
}

/// Gives a claim back. Giving back what one does not hold changes nothing.
pub async fn release(app: &App, actor: &Actor, id: CaseId) -> ApiResult<CaseRow> {
    let mut tx = app.db.begin().await?;
    let state = queries::lock(&mut tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    if state.claimed_by.as_deref() == Some(&actor.user) {
        queries::set_claim(&mut *tx, id, None, 0.0).await?;
        audit::record(&mut tx, actor, "case.release", &subject(id), serde_json::json!({})).await?;
    }
    tx.commit().await?;
    app.changed.cases();
    queries::find(&app.db, id).await?.ok_or(ApiError::NotFound("case"))
}

/// Publishes what may be published of a pack, except the items named.
///
/// # Errors
/// A conflict when it is decided already, held by somebody else, or nothing is left to publish.
pub async fn approve(app: &App, actor: &Actor, id: CaseId, body: &Approve) -> ApiResult<Decision> {
    let reason = body.reason.as_deref().map(parse_reason).transpose()?;
    let mut tx = app.db.begin().await?;
    let case = lock_for(&mut tx, actor, id).await?;
    let set_id = catalog::set_of_upload(&mut *tx, case.upload_id).await?;
    let set_id = set_id.ok_or_else(|| ApiError::conflict("nothing-to-publish", "The pack could not be opened."))?;
    let set = catalog::lock_set(&mut tx, set_id)
        .await?
        .context("a set is never deleted")?;
    refuse_unexplained_malware(&mut tx, case.upload_id).await?;
    let sheet = catalog::sheet_items(&mut tx, set.id).await?;
    let (published, rejected) = catalog::publish_set(&mut tx, &set, &body.except).await?;
    if published == 0 {
        return Err(ApiError::conflict(
            "nothing-to-publish",
            "No file of this pack may be published. Reject it instead.",
        ));
    }
    tell_left_out(&mut tx, &set, &body.except, reason).await?;
    if sheet.iter().any(|item| body.except.contains(item)) {
        catalog::delete_sheet(&mut tx, set.id).await?;
        let again = PreviewJob {
            upload_id: case.upload_id,
            set_id: set.id,
        };
        app.broker
            .send(&mut tx, &[NewMessage::new(QueueName::Preview, case.upload_id, &again)])
            .await?;
    } else {
        catalog::publish_sheet(&mut tx, set.id).await?;
    }
    let decision = NewDecision {
        outcome: "approved",
        by: &actor.user,
        reason,
        items_published: published,
        items_rejected: rejected,
    };
    conclude(app, tx, actor, id, case.upload_id, UploadState::Published, &decision).await
}

/// Rejects a pack: nothing of it is published.
///
/// # Errors
/// A conflict when it is decided already or held by somebody else.
pub async fn reject(app: &App, actor: &Actor, id: CaseId, body: &Reject) -> ApiResult<Decision> {
    let reason = parse_reason(body.reason.as_deref().unwrap_or_default())?;
    let mut tx = app.db.begin().await?;
    let case = lock_for(&mut tx, actor, id).await?;
    let mut rejected = 0;
    if let Some(set_id) = catalog::set_of_upload(&mut *tx, case.upload_id).await? {
        let set = catalog::lock_set(&mut tx, set_id)
            .await?
            .context("a set is never deleted")?;
        rejected = catalog::reject_set(&mut tx, &set).await?;
    }
    let finding = pack_finding(
        "rejected",
        FindingSeverity::Blocking,
        format!("A moderator rejected the pack: {reason}"),
    );
    findings::insert(&mut tx, case.upload_id, &[finding]).await?;
    let decision = NewDecision {
        outcome: "rejected",
        by: &actor.user,
        reason: Some(reason),
        items_published: 0,
        items_rejected: rejected,
    };
    conclude(app, tx, actor, id, case.upload_id, UploadState::Rejected, &decision).await
}

/// Writes the decision, moves the upload to its end and commits.
async fn conclude(
    app: &App,
    mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
    actor: &Actor,
    id: CaseId,
    upload: UploadId,
    state: UploadState,
    decision: &NewDecision<'_>,
) -> ApiResult<Decision> {
    queries::decide(&mut *tx, id, decision).await?;
    uploads::settle(&mut tx, upload, Stage::Review, state).await?;
    let detail = serde_json::json!({
        "upload": upload, "reason": decision.reason,
        "items_published": decision.items_published, "items_rejected": decision.items_rejected,
    });
    let act = if decision.outcome == "approved" {
        "case.approve"
    } else {
        "case.reject"
    };
    audit::record(&mut tx, actor, act, &subject(id), detail).await?;
    tx.commit().await?;
    app.changed.everything();
    Ok(queries::decision(&app.db, id)
        .await?
        .context("a decision that was just made")?)
}

/// Tells the contributor which files were left out, and why.
async fn tell_left_out(
    tx: &mut PgConnection,
    set: &SetProgress,
    except: &[ItemId],
    reason: Option<&str>,
) -> ApiResult<()> {
    let paths = queries::paths(&mut *tx, set.id, except).await?;
    if paths.len() != except.len() {
        return Err(ApiError::invalid(
            "except",
            "names an item that is not of this case, or one twice",
        ));
    }
    let why = reason.unwrap_or("no reason given");
    let left_out: Vec<Finding> = paths
        .iter()
        .map(|path| {
            file_finding(
                path,
                "rejected",
                FindingSeverity::Blocking,
                format!("A moderator rejected the file: {why}"),
            )
        })
        .collect();
    Ok(findings::insert(tx, set.upload_id, &left_out).await?)
}

/// Malware in the pack that no file of it explains: then none of its files can be trusted.
async fn refuse_unexplained_malware(tx: &mut PgConnection, upload: UploadId) -> ApiResult<()> {
    let found = findings::list(&mut *tx, upload).await?;
    let malware = |in_file: bool| {
        found
            .iter()
            .any(|finding| finding.rule == "malware" && finding.file.is_some() == in_file)
    };
    if malware(false) && !malware(true) {
        let detail = "The scanner found malware in the pack that is in none of its files. Reject the pack.";
        return Err(ApiError::conflict("unexplained-malware", detail));
    }
    Ok(())
}

/// Locks a case that is open and not held by somebody else.
async fn lock_for(tx: &mut PgConnection, actor: &Actor, id: CaseId) -> ApiResult<CaseState> {
    let case = queries::lock(tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    if case.decided {
        return Err(ApiError::conflict("case-decided", "The case was decided already."));
    }
    match &case.claimed_by {
        Some(holder) if *holder != actor.user => {
            Err(ApiError::conflict("case-claimed", format!("{holder} holds the case.")))
        }
        _ => Ok(case),
    }
}

fn parse_reason(text: &str) -> ApiResult<&str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_REASON_CHARS {
        return Err(ApiError::invalid("reason", "must have 1 to 1,000 characters"));
    }
    Ok(text)
}

fn subject(id: CaseId) -> String {
    format!("case:{id}")
}

/// Whether nothing more happens to the upload by itself.
pub async fn is_settled(db: &PgPool, upload: UploadId) -> anyhow::Result<bool> {
    Ok(uploads::find(db, upload)
        .await?
        .is_none_or(|upload| upload.state.is_settled()))
}

/// How many cases wait.
pub async fn count_open(db: &PgPool) -> sqlx::Result<i64> {
    queries::count_open(db).await
}
