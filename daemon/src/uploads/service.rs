//! Starts uploads, receives their bytes, completes, lists and advances them.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::Stream;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, Stage, UploadRow, UploadState, UploadTrace};

use super::announcement::Announcement;
pub use super::queries::{Filter, counts, find, lock, set_title, state_and_account};
use super::{Upload, queries, stages};
use crate::accounts::Account;
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::findings;
use crate::jobs::{Job, ScanJob};
use tradepost_queue::attempts;
use tradepost_store::{PutError, VersionKey};

/// An upload that was started, and until when its URL works.
#[derive(Debug)]
pub struct Started {
    pub id: UploadId,
    pub url_expires_at: OffsetDateTime,
}

/// Starts an upload; nothing is stored yet.
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
    queries::insert(&mut *tx, &new).await?;
    stages::enter(&mut tx, id, Stage::Receive).await?;
    tx.commit().await?;
    app.changed.uploads();
    Ok(Started { id, url_expires_at })
}

/// Takes the bytes of one PUT: exactly the announced ones, or none.
pub async fn receive<E: std::fmt::Display>(
    app: &App,
    id: UploadId,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> ApiResult<()> {
    let upload = queries::find(&app.db, id).await?.ok_or(ApiError::NotFound("upload"))?;
    refuse_unless_awaiting(&upload)?;
    let stored = match app
        .store
        .put_version(id.0, upload.size_bytes.cast_unsigned(), body)
        .await
    {
        Ok(stored) => stored,
        Err(error) => return Err(put_fault(app, id, error).await),
    };
    if stored.sha256 != upload.sha256 {
        app.store
            .delete_versions(id.0, upload.object_version.as_deref())
            .await
            .map_err(store_fault)?;
        let detail = format!(
            "The bytes have the SHA-256 {}, announced was {}.",
            hex::encode(stored.sha256),
            hex::encode(upload.sha256)
        );
        queries::set_put_fault(&app.db, id, &detail).await?;
        return Err(ApiError::unprocessable("checksum-mismatch", detail));
    }
    if !queries::set_version(&app.db, id, &stored.key.version).await? {
        // `complete` pinned another version while these bytes came in: that one stays, this one goes.
        let upload = queries::find(&app.db, id).await?.ok_or(ApiError::NotFound("upload"))?;
        app.store
            .delete_versions(id.0, upload.object_version.as_deref())
            .await
            .map_err(store_fault)?;
        refuse_unless_awaiting(&upload)?;
    }
    Ok(())
}

async fn put_fault(app: &App, id: UploadId, error: PutError) -> ApiError {
    let error = match error {
        PutError::Io(error) => return store_fault(error),
        PutError::TooLong { announced } => ApiError::unprocessable(
            "wrong-size",
            format!("More than the announced {announced} bytes arrived."),
        ),
        PutError::TooShort { announced, received } => ApiError::unprocessable(
            "wrong-size",
            format!("The upload was truncated: {received} of {announced} bytes arrived."),
        ),
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

/// Marks the bytes as complete and hands the upload to the scanner. Idempotent.
pub async fn complete(app: &App, account: &Account, id: UploadId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let upload = queries::lock(&mut tx, id).await?;
    let upload = upload
        .filter(|upload| upload.account_id == account.id)
        .ok_or(ApiError::NotFound("upload"))?;
    match upload.state {
        UploadState::AwaitingBytes => {}
        UploadState::Expired => return Err(expired()),
        _ => return Ok(()),
    }
    if upload.object_version.is_none() {
        let why = queries::reason(&mut *tx, id)
            .await?
            .unwrap_or_else(|| "PUT them to the presigned URL first.".to_owned());
        return Err(ApiError::conflict(
            "bytes-missing",
            format!("The bytes have not arrived. {why}"),
        ));
    }
    queries::set_state(&mut *tx, id, UploadState::Scanning).await?;
    stages::leave(&mut tx, id, Stage::Receive).await?;
    stages::enter(&mut tx, id, Stage::Scan).await?;
    let scan = Job::Scan(ScanJob {
        upload_id: id,
        again: None,
    });
    app.broker.send(&mut tx, &[scan.message()]).await?;
    tx.commit().await?;
    app.changed.uploads();
    Ok(())
}

/// An upload with its stages, findings and failed attempts.
pub async fn trace(db: &PgPool, id: UploadId) -> ApiResult<UploadTrace> {
    let upload = queries::find(db, id).await?.ok_or(ApiError::NotFound("upload"))?;
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let row = queries::list(db, &filter, 1)
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
        attempts: attempts::list_for_correlation(db, id.0).await?,
    })
}

/// Uploads, newest first.
pub async fn list(db: &PgPool, filter: &Filter, limit: u32) -> ApiResult<Page<UploadRow>> {
    let rows = queries::list(db, filter, i64::from(limit)).await?;
    Ok(Page::from_rows(rows, limit, |row| row.id))
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
        app.store.delete_versions(*id, None).await?;
    }
    if !expired.is_empty() {
        app.changed.uploads();
    }
    Ok(expired.len())
}

/// States of uploads; one that is gone is missing.
pub async fn states(db: &PgPool, ids: &[UploadId]) -> sqlx::Result<HashMap<UploadId, UploadState>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    queries::states(db, &ids).await
}

fn refuse_unless_awaiting(upload: &Upload) -> ApiResult<()> {
    match upload.state {
        UploadState::AwaitingBytes => Ok(()),
        UploadState::Expired => Err(expired()),
        _ => Err(ApiError::conflict(
            "already-complete",
            "The upload was completed; its bytes cannot be replaced.",
        )),
    }
}

fn expired() -> ApiError {
    ApiError::Gone {
        code: "upload-expired",
        detail: "The bytes did not arrive in time. Start a new upload.".to_owned(),
    }
}

fn store_fault(error: std::io::Error) -> ApiError {
    ApiError::Internal(anyhow::Error::new(error).context("storing an upload"))
}

/// Hands an upload to the moderators.
pub async fn set_in_review(tx: &mut PgConnection, id: UploadId) -> sqlx::Result<()> {
    queries::set_state(&mut *tx, id, UploadState::InReview).await
}
