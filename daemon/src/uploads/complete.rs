//! The end of the stage `receive`: the one way from bytes that have arrived to the scanner.

use anyhow::Context as _;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Stage, UploadState};

use super::service::discard;
use super::{Upload, parts, queries, stages, turns};
use crate::accounts::{Account, service as accounts};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, ScanJob};

/// Completes an upload because its contributor says so.
///
/// # Errors
/// A conflict when the bytes have not arrived, gone when the upload has expired.
pub async fn complete(app: &App, account: &Account, id: UploadId) -> ApiResult<()> {
    let upload = queries::find(&app.db, id).await?;
    let upload = upload.filter(|upload| upload.account_id == account.id);
    finish(app, &upload.ok_or(ApiError::NotFound("upload"))?).await
}

/// Hands an upload to the scanner, once its bytes are there. Whoever says so, how often and how late: it happens once.
///
/// # Errors
/// A conflict when the bytes have not arrived, gone when the upload has expired.
pub async fn finish(app: &App, upload: &Upload) -> ApiResult<()> {
    if upload.state == UploadState::AwaitingBytes && upload.object_version.is_none() {
        pin(app, upload).await?;
    }
    let mut tx = app.db.begin().await?;
    let locked = queries::lock(&mut tx, upload.id).await?;
    let upload = locked.ok_or(ApiError::NotFound("upload"))?;
    match upload.state {
        UploadState::AwaitingBytes => {}
        UploadState::Expired => return Err(expired()),
        _ => return Ok(()),
    }
    if upload.object_version.is_none() {
        let why = queries::reason(&mut *tx, upload.id)
            .await?
            .unwrap_or_else(|| "PUT them to the presigned URL first.".to_owned());
        return Err(ApiError::conflict(
            "bytes-missing",
            format!("The bytes have not arrived. {why}"),
        ));
    }
    queries::set_state(&mut *tx, upload.id, UploadState::Scanning).await?;
    stages::leave(&mut tx, upload.id, Stage::Receive).await?;
    stages::enter(&mut tx, upload.id, Stage::Scan).await?;
    let scan = Job::Scan(ScanJob {
        upload_id: upload.id,
        again: None,
    });
    let yields = turns::yields(&mut tx, &upload, upload.size_bytes.cast_unsigned()).await?;
    app.broker.send(&mut tx, &[scan.message().with_yield(yields)]).await?;
    tx.commit().await?;
    app.changed.uploads();
    Ok(())
}

/// Looks for bytes that went past the daemon, and gives the upload their version: what is put there later is not used.
async fn pin(app: &App, upload: &Upload) -> ApiResult<()> {
    parts::join(app, upload).await?;
    let found = app.store.uploaded(upload.id.0).await;
    let Some(found) = found.context("looking for the bytes of an upload")? else {
        return Ok(());
    };
    accounts::refuse_banned(&app.db, upload.account_id).await?;
    let announced = upload.announced();
    let is_same =
        found.size_bytes == announced.size_bytes && found.sha256.is_none_or(|sha256| sha256 == announced.sha256);
    if is_same {
        queries::pin_version(&app.db, upload.id, &found.key.version).await?;
        return Ok(());
    }
    let why = "Other bytes than the announced ones were stored; they were deleted.";
    queries::set_put_fault(&app.db, upload.id, why).await?;
    discard(app, found.key).await;
    Ok(())
}

pub(super) fn expired() -> ApiError {
    ApiError::Gone {
        code: "upload-expired",
        detail: "The bytes did not arrive in time. Start a new upload.".to_owned(),
    }
}
