//! Starts uploads, receives their bytes, completes, lists and advances them.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::Stream;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::ids::{AccountId, UploadId};
use tradepost_common::uploads::{Finding, Stage, UploadColumn, UploadRow, UploadState, UploadTrace};

use super::announcement::Announcement;
use super::complete::expired;
use super::queries::Replaced;
pub use super::queries::list::{Filter, count, in_range};
pub use super::queries::{counts, find, lock, set_title, state_and_account};
use super::{Upload, queries, stages};
use crate::accounts::{Account, service as accounts};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::findings::{self, FindingCursor};
use crate::pager::{self, Place};
use tradepost_queue::attempts;
use tradepost_store::{PutError, VersionKey};

/// An upload that was started, and until when its URL works.
#[derive(Debug)]
pub struct Started {
    pub id: UploadId,
    pub url_expires_at: OffsetDateTime,
}

/// Starts an upload; nothing is stored yet.
///
/// # Errors
/// A conflict when the account has too much that is not published.
pub async fn start(app: &App, account: &Account, announced: &Announcement) -> ApiResult<Started> {
    let id = UploadId::new();
    let url_expires_at =
        OffsetDateTime::now_utc() + time::Duration::seconds(app.config.limits.upload_url_seconds.into());
    let new = queries::NewUpload {
        id,
        account_id: account.id,
        file_name: &announced.file_name,
        size_bytes: i64::try_from(announced.size_bytes).map_err(|_| ApiError::invalid("size_bytes", "is too large"))?,
        sha256: &announced.sha256,
        url_expires_at,
    };
    let mut tx = app.db.begin().await?;
    // Two starts at once are counted one after the other.
    accounts::lock(&mut tx, account.id).await?;
    let taken = queries::unpublished_bytes(&mut *tx, account.id).await?;
    refuse_over_quota(
        taken.cast_unsigned(),
        announced.size_bytes,
        app.config.limits.account_unpublished_mib,
    )?;
    queries::insert(&mut *tx, &new).await?;
    stages::enter(&mut tx, id, Stage::Receive).await?;
    tx.commit().await?;
    app.changed.uploads();
    Ok(Started { id, url_expires_at })
}

fn refuse_over_quota(taken: u64, more: u64, quota_mib: u64) -> ApiResult<()> {
    if taken.saturating_add(more) <= quota_mib << 20 {
        return Ok(());
    }
    let detail = format!(
        "Your unpublished packs have {} of {quota_mib} MiB; this one has {} MiB. Wait until some are published, or ask an operator.",
        taken.div_ceil(1 << 20),
        more.div_ceil(1 << 20)
    );
    Err(ApiError::conflict("quota-exceeded", detail))
}

/// The upload that a PUT may bring bytes to.
///
/// # Errors
/// A conflict when it is complete, gone when it has expired, banned when its account is.
pub async fn awaiting(app: &App, id: UploadId) -> ApiResult<Upload> {
    let upload = queries::find(&app.db, id).await?.ok_or(ApiError::NotFound("upload"))?;
    match upload.state {
        UploadState::AwaitingBytes => {}
        UploadState::Expired => return Err(expired()),
        _ => {
            let detail = "The upload was completed; its bytes cannot be replaced.";
            return Err(ApiError::conflict("already-complete", detail));
        }
    }
    accounts::refuse_banned(&app.db, upload.account_id).await?;
    Ok(upload)
}

/// Takes the bytes of one PUT: exactly the announced ones, or none. Whatever other PUTs have brought meanwhile, this one deletes
/// the version that it wrote or the one that it replaced.
///
/// # Errors
/// Unprocessable when other bytes came; else as [`awaiting`].
pub async fn receive<E: std::fmt::Display>(
    app: &App,
    upload: &Upload,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> ApiResult<()> {
    let key = match app.store.put_version(upload.id.0, upload.announced(), body).await {
        Ok(key) => key,
        Err(error) => return Err(put_fault(app, upload.id, error).await),
    };
    app.received_bytes.inc_by(upload.size_bytes.cast_unsigned());
    match queries::replace_version(&app.db, upload.id, &key.version).await? {
        Replaced::Version(None) => Ok(()),
        Replaced::Version(Some(version)) => {
            discard(app, VersionKey { version, ..key }).await;
            Ok(())
        }
        Replaced::Refused => {
            discard(app, key).await;
            awaiting(app, upload.id).await.map(drop)
        }
    }
}

/// Deletes a version that no upload has. What the store does not delete now, the sweep of the next start does.
pub(super) async fn discard(app: &App, key: VersionKey) {
    if let Err(error) = app.store.delete_version(&key).await {
        tracing::warn!(upload.id = %key.object_id, %error, "could not delete a version that nothing refers to");
    }
}

async fn put_fault(app: &App, id: UploadId, error: PutError) -> ApiError {
    let error = match error {
        PutError::Io(error) => {
            return anyhow::Error::new(error).context("storing an upload").into();
        }
        PutError::Changed { announced, received } => ApiError::unprocessable(
            "checksum-mismatch",
            format!(
                "The bytes have the SHA-256 {}, announced was {}.",
                hex::encode(received),
                hex::encode(announced)
            ),
        ),
        PutError::TooLong { announced } => ApiError::unprocessable(
            "wrong-size",
            format!("More than the announced {announced} bytes arrived."),
        ),
        PutError::TooShort { announced, received } => ApiError::unprocessable(
            "wrong-size",
            format!("The upload was truncated: {received} of {announced} bytes arrived."),
        ),
        PutError::Stalled { announced, received } => ApiError::Timeout(format!(
            "The upload was too slow: {received} of {announced} bytes arrived."
        )),
        PutError::Broken {
            announced, received, ..
        } => ApiError::unprocessable(
            "wrong-size",
            format!("The upload was truncated: the connection broke after {received} of {announced} bytes arrived."),
        ),
    };
    if let Some(detail) = error.problem().detail
        && let Err(error) = queries::set_put_fault(&app.db, id, &detail).await
    {
        tracing::warn!(upload.id = %id, %error, "could not note why a PUT failed");
    }
    error
}

/// An upload with its stages, findings and failed attempts.
pub async fn trace(db: &PgPool, id: UploadId) -> ApiResult<UploadTrace> {
    let upload = queries::find(db, id).await?.ok_or(ApiError::NotFound("upload"))?;
    let row = queries::list::rows(db, &[id.0])
        .await?
        .pop()
        .ok_or(ApiError::NotFound("upload"))?;
    let (set_id, case_id) = queries::set_and_case(db, id).await?;
    Ok(UploadTrace {
        upload: row,
        sha256: hex::encode(upload.sha256),
        set_id,
        case_id,
        stages: stages::list(db, id).await?,
        findings: findings::list(db, id).await?,
        finding_counts: findings::counts(db, id).await?,
        attempts: attempts::list_for_correlation(db, id.0).await?,
    })
}

/// A page of the findings of an upload; `account` must be its own, when given.
pub async fn findings_of(
    db: &PgPool,
    id: UploadId,
    account: Option<AccountId>,
    cursor: Option<&str>,
    limit: u32,
) -> ApiResult<Page<Finding>> {
    let upload = queries::find(db, id).await?.ok_or(ApiError::NotFound("upload"))?;
    if account.is_some_and(|account| account != upload.account_id) {
        return Err(ApiError::NotFound("upload"));
    }
    let parse = |text| {
        FindingCursor::parse(text).ok_or_else(|| ApiError::invalid("cursor", "must be `next` of the page before"))
    };
    let after = cursor.map(parse).transpose()?;
    Ok(findings::page(db, id, after, limit).await?)
}

/// Uploads that pass the filter, newest first or sorted.
pub async fn list(
    db: &PgPool,
    filter: &Filter,
    place: &Place<UploadColumn, UploadId>,
    limit: u32,
) -> ApiResult<Page<UploadRow>> {
    let found = match place.sorted() {
        Some(sorted) => queries::list::sorted(db, filter, sorted, limit.into()).await?,
        None => queries::list::newest(db, filter, place.after_id(), limit.into()).await?,
    };
    let ids: Vec<_> = found.iter().map(|cursor| cursor.id.0).collect();
    Ok(pager::page(&found, queries::list::rows(db, &ids).await?, limit))
}

/// Key of the pinned bytes of an upload. `None` before any came.
pub fn object(upload: &Upload) -> Option<VersionKey> {
    upload.object_version.clone().map(|version| VersionKey {
        object_id: upload.id.0,
        version,
    })
}

/// Moves an upload from one stage to the next.
pub async fn advance(
    tx: &mut PgConnection,
    id: UploadId,
    from: Stage,
    to: Stage,
    state: UploadState,
) -> sqlx::Result<()> {
    stages::leave(tx, id, from).await?;
    stages::enter(tx, id, to).await?;
    queries::set_state(&mut *tx, id, state).await
}

/// Brings an upload to rest: its last stage ends.
pub async fn settle(tx: &mut PgConnection, id: UploadId, last: Stage, state: UploadState) -> sqlx::Result<()> {
    debug_assert!(state.is_settled());
    stages::leave(tx, id, last).await?;
    queries::set_state(&mut *tx, id, state).await
}

/// Rejects an upload without a moderator: its pack can not be used at all, and the findings say why.
pub async fn reject(tx: &mut PgConnection, id: UploadId, stage: Stage, reasons: &[Finding]) -> sqlx::Result<()> {
    findings::insert(tx, id, reasons).await?;
    settle(tx, id, stage, UploadState::Rejected).await
}

/// Rejects an upload whose work an operator gave up on, if it is still where that work would have gone on.
pub async fn give_up(
    tx: &mut PgConnection,
    id: UploadId,
    state: UploadState,
    stage: Stage,
    reason: &str,
) -> sqlx::Result<()> {
    match queries::lock(&mut *tx, id).await? {
        Some(upload) if upload.state == state => reject(tx, id, stage, &[findings::given_up(reason)]).await,
        _ => Ok(()),
    }
}

/// Expires uploads whose bytes never came and deletes what was stored of them. Answers with how many.
pub async fn expire(app: &App) -> anyhow::Result<usize> {
    let expired = queries::expire(&app.db, 500).await?;
    for id in &expired {
        app.store.delete_versions(*id).await?;
    }
    if !expired.is_empty() {
        app.changed.uploads();
    }
    Ok(expired.len())
}

/// Deletes versions that their upload does not have: a process that died, or a disk that did not answer, has left them. Answers
/// with how many. Versions of uploads that the database does not know stay: it may be the wrong one.
pub async fn sweep(app: &App) -> anyhow::Result<usize> {
    let mut deleted = 0;
    let mut walk = app.store.versions_before(app.started_at.into()).await?;
    while let Some((keys, rest)) = walk.next().await? {
        let ids: Vec<_> = keys.iter().map(|key| key.object_id).collect();
        let known = queries::versions(&app.db, &ids).await?;
        let is_left = |key: &VersionKey| {
            let kept = known.get(&key.object_id);
            kept.is_some_and(|kept| kept.as_ref() != Some(&key.version))
        };
        for key in keys.into_iter().filter(is_left) {
            app.store.delete_version(&key).await?;
            deleted += 1;
        }
        walk = rest;
    }
    Ok(deleted)
}

/// States of uploads; one that is gone is missing.
pub async fn states(db: &PgPool, ids: &[UploadId]) -> sqlx::Result<HashMap<UploadId, UploadState>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    queries::states(db, &ids).await
}

/// Hands an upload to the moderators.
pub async fn set_in_review(tx: &mut PgConnection, id: UploadId) -> sqlx::Result<()> {
    queries::set_state(&mut *tx, id, UploadState::InReview).await
}
