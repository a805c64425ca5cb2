//! What operators can do with campaigns.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::campaigns::{Campaign, CampaignState, Failure, NewCampaign, Sample, Side};
use tradepost_common::ids::{CampaignId, ItemId};
use tradepost_render::presets::Format;
use uuid::Uuid;

use super::queries::{self, New, Pinned, Row};
use super::{check, estimate, samples};
use tradepost_queue::notification;

use crate::app::{App, OPERATIONS};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::objects::rendition_key;

/// A plan that is done so quickly is answered with at once.
const PLAN_PATIENCE: Duration = Duration::from_millis(1_500);

/// Plans a campaign: its items are counted. Answers with the finished plan when it is quick.
pub async fn plan(app: &App, actor: &Actor, new: &NewCampaign) -> ApiResult<Campaign> {
    check::new_campaign(&app.db, &app.presets, new).await?;
    let wanted = &new.scope.presets;
    let presets: Vec<Pinned> = app
        .presets
        .iter()
        .filter(|preset| wanted.is_empty() || wanted.contains(&preset.name))
        .map(Pinned::new)
        .collect();
    let id = CampaignId::new();
    let row = New {
        id,
        actor,
        reason: new.reason.trim(),
        scope: &new.scope,
        presets: &presets,
        canary: new.canary,
        auto_min_psnr_db: new.auto.map(|auto| auto.min_psnr_db),
        rate_per_second: new.rate_per_second,
        stop_at_percent: new.stop_at_percent,
    };
    let mut tx = app.db.begin().await?;
    queries::insert(&mut tx, &row).await?;
    let row = lock(&mut tx, id).await?;
    audit_row(&mut tx, actor, "campaign.plan", &row).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    let planned = async {
        loop {
            let campaign = find(app, id).await?;
            if campaign.state != CampaignState::Planning {
                return Ok(campaign);
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    match tokio::time::timeout(PLAN_PATIENCE, planned).await {
        Ok(planned) => planned,
        Err(_) => find(app, id).await,
    }
}

/// Changes the rate of a campaign that is not over.
pub async fn set_rate(app: &App, actor: &Actor, id: CampaignId, rate: Option<u32>) -> ApiResult<Campaign> {
    if !check::is_rate(rate) {
        return Err(ApiError::invalid("rate_per_second", check::BAD_RATE));
    }
    let mut tx = app.db.begin().await?;
    let mut row = lock(&mut tx, id).await?;
    if row.state.is_over() {
        let detail = format!(
            "The campaign is {}: nothing is drawn in it any more.",
            row.state.as_str()
        );
        return Err(ApiError::conflict("campaign-state", detail));
    }
    queries::set_rate(&mut tx, id, rate).await?;
    row.rate_per_second = rate;
    audit_row(&mut tx, actor, "campaign.rate", &row).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    find(app, id).await
}

pub(super) async fn lock(tx: &mut PgConnection, id: CampaignId) -> ApiResult<Row> {
    queries::lock(tx, id).await?.ok_or(ApiError::NotFound("campaign"))
}

/// Notes an act on a campaign, with what it is about.
pub(super) async fn audit_row(tx: &mut PgConnection, actor: &Actor, act: &str, row: &Row) -> sqlx::Result<()> {
    let detail = json!({
        "what": check::describe(&row.scope),
        "planned_by": row.actor,
        "reason": row.reason,
        "state": row.state,
        "items": row.items,
        "done": row.done,
        "failed": row.failed,
        "skipped": row.skipped,
        "outputs": row.outputs,
        "rate_per_second": row.rate_per_second,
        "canary": row.canary,
        "note": row.note,
    });
    audit::record(tx, actor, act, &format!("campaign:{}", row.id), detail).await
}

/// Tells whoever runs campaigns that one has changed.
pub(super) async fn tell(tx: &mut PgConnection) -> sqlx::Result<()> {
    notification::notify(tx, OPERATIONS).await
}

/// One campaign.
pub async fn find(app: &App, id: CampaignId) -> ApiResult<Campaign> {
    let row = queries::find(&app.db, id)
        .await?
        .ok_or(ApiError::NotFound("campaign"))?;
    Ok(estimate::told(app, row))
}

/// Campaigns, newest first.
pub async fn list(app: &App, before: Option<CampaignId>, limit: u32) -> ApiResult<Page<Campaign>> {
    let rows = queries::list(&app.db, before.map_or(Uuid::max(), |id| id.0), i64::from(limit)).await?;
    let rows: Vec<_> = rows.into_iter().map(|row| estimate::told(app, row)).collect();
    let next = (rows.len() == limit as usize).then(|| rows.last().map(|row| row.id.to_string()));
    Ok(Page {
        next: next.flatten(),
        rows,
    })
}

/// What the canary drew, the worst first, without the first `skip`.
pub async fn list_samples(app: &App, id: CampaignId, skip: u32, limit: u32) -> ApiResult<Page<Sample>> {
    find(app, id).await?;
    let rows = queries::samples(&app.db, id, i64::from(skip), i64::from(limit)).await?;
    let next = (rows.len() == limit as usize).then(|| skip.saturating_add(limit).to_string());
    Ok(Page { rows, next })
}

/// Items that could not be drawn, in the order of the plan, after a position.
pub async fn list_failures(app: &App, id: CampaignId, after: i32, limit: u32) -> ApiResult<Page<Failure>> {
    find(app, id).await?;
    let rows = queries::failures(&app.db, id, after, i64::from(limit)).await?;
    let next = (rows.len() == limit as usize).then(|| rows.last().map(|(position, _)| position.to_string()));
    Ok(Page {
        next: next.flatten(),
        rows: rows.into_iter().map(|(_, failure)| failure).collect(),
    })
}

/// A picture of a sample, with its format.
///
/// # Errors
/// Not found; also when it was collected.
pub async fn picture(app: &App, id: CampaignId, item: ItemId, preset: &str, side: Side) -> ApiResult<(Bytes, Format)> {
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

/// Grows with every change of a campaign.
///
/// # Errors
/// When the database does not answer.
pub async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    queries::revision(db).await
}
