//! Campaigns as operators look at them.

use std::collections::HashMap;

use anyhow::Context as _;
use bytes::Bytes;
use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::campaigns::{Campaign, Failure, Sample, Side};
use tradepost_common::ids::{ItemId, OperationId};
use tradepost_render::presets::Format;

use super::queries::{self, CampaignRow};
use super::{KINDS, samples, view};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::objects::rendition_key;
use crate::operations::{OperationRow, service as operations};

/// Items that were looked at and not drawn: not published any more, changed since the plan, or without a picture.
pub(super) fn skipped(operation: &OperationRow) -> i64 {
    operation.acted - operation.succeeded - operation.refailed
}

/// An operation with what a campaign has beside it.
pub(super) async fn with_parts(tx: &mut PgConnection, operation: OperationRow) -> sqlx::Result<CampaignRow> {
    let parts = queries::parts(tx, &[operation.id.0]).await?;
    let parts = parts.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
    Ok(CampaignRow { operation, parts })
}

/// The campaign, locked until the caller's transaction ends.
pub(super) async fn lock(tx: &mut PgConnection, id: OperationId) -> ApiResult<CampaignRow> {
    let (_, operation) = operations::lock(&mut *tx, KINDS, id).await?;
    Ok(with_parts(tx, operation).await?)
}

/// The campaign as the database has it. `None`: there is none.
pub(super) async fn find_row(db: &PgPool, id: OperationId) -> sqlx::Result<Option<CampaignRow>> {
    let parts = queries::parts(db, &[id.0]).await?.into_iter().next();
    let operation = operations::find_any(db, id).await?;
    Ok(operation
        .zip(parts)
        .map(|(operation, parts)| CampaignRow { operation, parts }))
}

/// One campaign.
pub async fn find(app: &App, id: OperationId) -> ApiResult<Campaign> {
    let row = find_row(&app.db, id).await?.ok_or(ApiError::NotFound("campaign"))?;
    Ok(view::campaign(app, row, app.store.free_bytes().await))
}

/// Campaigns, newest first.
pub async fn list(app: &App, before: Option<OperationId>, limit: u32) -> ApiResult<Page<Campaign>> {
    let page = operations::list(&app.db, KINDS, before, limit).await?;
    let ids: Vec<_> = page.rows.iter().map(|row| row.id.0).collect();
    let parts = queries::parts(&app.db, &ids).await?;
    let mut parts: HashMap<_, _> = parts.into_iter().map(|parts| (parts.id, parts)).collect();
    let free_bytes = app.store.free_bytes().await;
    let rows = page.rows.into_iter().filter_map(|operation| {
        let parts = parts.remove(&operation.id.0)?;
        Some(view::campaign(app, CampaignRow { operation, parts }, free_bytes))
    });
    Ok(Page::new(rows.collect(), page.next))
}

/// Samples of the canary, the worst first, without the first `skip`.
pub async fn list_samples(app: &App, id: OperationId, skip: u32, limit: u32) -> ApiResult<Page<Sample>> {
    find(app, id).await?;
    let rows = queries::samples(&app.db, id, i64::from(skip), i64::from(limit)).await?;
    let next = (rows.len() == limit as usize).then(|| skip.saturating_add(limit).to_string());
    Ok(Page::new(rows, next))
}

/// Items that could not be drawn, in the order of the plan, after a position.
pub async fn list_failures(app: &App, id: OperationId, after: i32, limit: u32) -> ApiResult<Page<Failure>> {
    find(app, id).await?;
    let rows = queries::failures(&app.db, id, after, i64::from(limit)).await?;
    let page = Page::from_rows(rows, limit, |(position, _)| *position);
    Ok(page.map(|rows| rows.into_iter().map(|(_, failure)| failure).collect()))
}

/// A picture of a sample, with its format.
///
/// # Errors
/// Not found; also when it was collected.
pub async fn picture(app: &App, id: OperationId, item: ItemId, preset: &str, side: Side) -> ApiResult<(Bytes, Format)> {
    let found = queries::sample(&app.db, id, item, preset).await?;
    let pictures = found.ok_or(ApiError::NotFound("sample"))?;
    let old = pictures.old_sha256.as_deref().zip(pictures.old_format.as_deref());
    let new = (pictures.new_sha256.as_slice(), pictures.format.as_str());
    match side {
        Side::New => read(app, new).await,
        Side::Old => read(app, old.ok_or(ApiError::NotFound("picture"))?).await,
        Side::Difference => {
            let old = read(app, old.ok_or(ApiError::NotFound("picture"))?).await?.0;
            let compared = samples::compare(app, old, read(app, new).await?.0).await?;
            let (_, difference) = compared.ok_or(ApiError::NotFound("difference: the pictures have other sizes"))?;
            Ok((difference, Format::Png))
        }
    }
}

async fn read(app: &App, (sha256, format): (&[u8], &str)) -> ApiResult<(Bytes, Format)> {
    let format = if format == Format::Png.as_str() {
        Format::Png
    } else {
        Format::Webp
    };
    let sha256 = sha256.try_into().context("a SHA-256 of another length")?;
    let read = app.store.read_content(&rendition_key(sha256, format.as_str())).await;
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(ApiError::NotFound("picture: it was collected"))
        }
        other => Ok((other.context("reading a picture of a sample")?, format)),
    }
}
