//! Uploads in parts, straight to the bucket: a pack that is large need not begin anew where a connection breaks.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use time::OffsetDateTime;
use tradepost_common::ids::UploadId;
use tradepost_store::s3::Bucket;
use tradepost_store::s3::parts::{PART_BYTES, Part};
use tradepost_store::{Announced, SignedPut};

use super::{Upload, queries, service};
use crate::accounts::Account;
use crate::app::App;
use crate::error::{ApiError, ApiResult};

/// More hashes do not fit into the body of a request; packs of 14 GiB have so many.
pub const MAX_PARTS: usize = 900;

/// Signed PUTs of all parts, and until when they work.
pub struct Started {
    pub puts: Vec<SignedPut>,
    pub expires_at: OffsetDateTime,
}

/// Begins an upload in parts, and gives up the one before.
///
/// # Errors
/// A conflict where packs are files, unprocessable when these are not the hashes of all parts; else as [`service::awaiting`].
pub async fn start(app: &App, account: &Account, id: UploadId, hashes: &[[u8; 32]]) -> ApiResult<Started> {
    let upload = own(app, account, id).await?;
    let bucket = bucket(app)?;
    let sizes = sizes(upload.size_bytes.cast_unsigned());
    if sizes.len() != hashes.len() {
        let (parts, came) = (sizes.len(), hashes.len());
        let detail =
            format!("The pack has {parts} parts of {PART_BYTES} bytes, the last one perhaps less; {came} hashes came.");
        return Err(ApiError::unprocessable("wrong-parts", detail));
    }
    let valid_for = Duration::try_from(upload.url_expires_at - OffsetDateTime::now_utc());
    let valid_for = valid_for.map_err(|_| super::complete::expired())?;
    let parts_id = bucket.start_parts(id.0).await.context("beginning an upload in parts")?;
    if let Some(former) = queries::replace_parts(&app.db, id, Some(&parts_id)).await? {
        give_up(bucket, id, &former).await;
    }
    let mut puts = Vec::with_capacity(sizes.len());
    for (number, (size_bytes, sha256)) in (1..).zip(sizes.into_iter().zip(hashes)) {
        let announced = Announced {
            size_bytes,
            sha256: *sha256,
        };
        let put = bucket.sign_part((id.0, &parts_id), number, announced, valid_for).await;
        puts.push(put.context("signing a part")?);
    }
    Ok(Started {
        puts,
        expires_at: upload.url_expires_at,
    })
}

/// Gives the parts of an upload up; the upload itself goes on. Idempotent.
///
/// # Errors
/// As [`start`].
pub async fn abort(app: &App, account: &Account, id: UploadId) -> ApiResult<()> {
    own(app, account, id).await?;
    let bucket = bucket(app)?;
    if let Some(parts_id) = queries::replace_parts(&app.db, id, None).await? {
        give_up(bucket, id, &parts_id).await;
    }
    Ok(())
}

/// Makes the parts of an upload one object if all have arrived; notes what is missing if not.
pub(super) async fn join(app: &App, upload: &Upload) -> anyhow::Result<()> {
    let (Some(bucket), Some(parts_id)) = (app.store.bucket(), queries::parts_id(&app.db, upload.id).await?) else {
        return Ok(());
    };
    let mut parts = bucket.parts(upload.id.0, &parts_id).await?;
    parts.sort_by_key(|part| part.number);
    let sizes = sizes(upload.size_bytes.cast_unsigned());
    if is_whole(&parts, &sizes) {
        return match bucket.finish_parts(upload.id.0, &parts_id, parts).await {
            // Somebody else has done it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => Ok(other?),
        };
    }
    if !parts.is_empty() {
        let why = format!("{} of {} parts have arrived.", parts.len(), sizes.len());
        queries::set_put_fault(&app.db, upload.id, &why).await?;
    }
    Ok(())
}

fn is_whole(parts: &[Part], sizes: &[u64]) -> bool {
    let expected = (1..).zip(sizes.iter().copied());
    parts.iter().map(|part| (part.number, part.size_bytes)).eq(expected)
}

/// The sizes of all parts of a pack.
fn sizes(size_bytes: u64) -> Vec<u64> {
    let whole = usize::try_from(size_bytes / PART_BYTES).unwrap_or(usize::MAX);
    let mut sizes = vec![PART_BYTES; whole];
    sizes.extend(Some(size_bytes % PART_BYTES).filter(|rest| *rest > 0));
    sizes
}

async fn own(app: &App, account: &Account, id: UploadId) -> ApiResult<Upload> {
    let upload = service::awaiting(app, id).await?;
    match upload.account_id == account.id {
        true => Ok(upload),
        false => Err(ApiError::NotFound("upload")),
    }
}

fn bucket(app: &App) -> ApiResult<&Bucket> {
    let bucket = app.store.bucket();
    bucket.ok_or_else(|| ApiError::conflict("no-parts", "This marketplace takes a pack in one PUT only."))
}

/// The lifecycle rules of the bucket end the parts where this fails.
async fn give_up(bucket: &Bucket, id: UploadId, parts_id: &str) {
    if let Err(error) = bucket.abort_parts(id.0, parts_id).await {
        tracing::warn!(upload.id = %id, %error, "could not give up an upload in parts");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_part_has_the_rest() {
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(PART_BYTES), [PART_BYTES]);
        assert_eq!(sizes(2 * PART_BYTES + 7), [PART_BYTES, PART_BYTES, 7]);
    }
}
