//! Takes a campaign apart: a swapped one becomes the catalogue's own, of any other nothing stays. What nothing refers to is then freed.

use std::time::Duration;

use tradepost_common::campaigns::CampaignState;
use tradepost_common::ids::CampaignId;

use super::{queries, service, verbs};
use tradepost_leases::{self as leases, Lease};

use crate::app::App;
use crate::audit::Actor;
use crate::catalog::gc;
use crate::error::ApiError;

/// Pictures, or items, that one step takes apart.
const STEP: i64 = 500;
/// Sweeps of one round.
const SWEEPS: u32 = 20;

/// Takes some more apart. `false`: nothing is left, or it is not ours to do.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn step(app: &App, id: CampaignId, lease: &Lease) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let Some(row) = queries::lock(&mut tx, id).await? else {
        return Ok(false);
    };
    let is_due = row.collecting_at.is_some() && row.collected_at.is_none();
    if !is_due || !leases::is_held(&mut tx, lease).await? {
        return Ok(false);
    }
    let is_shown = row.state == CampaignState::Swapped;
    let lost = if is_shown {
        queries::adopt(&mut tx, row.generation, STEP).await?
    } else {
        queries::forget(&mut tx, row.generation, STEP).await?
    };
    gc::mark(&mut tx, row.id.0, &lost.hashes, &lost.formats, &lost.sizes).await?;
    if lost.rows == 0 && queries::forget_items(&mut tx, id, STEP * 10).await? == 0 {
        if is_shown {
            queries::deactivate(&mut tx, row.generation).await?;
        }
        queries::end_collecting(&mut tx, id).await?;
        service::audit_row(&mut tx, &Actor::current(), "campaign.collected", &row).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Begins to collect what was kept for long enough, one campaign after the other.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn begin_due(app: &App) -> anyhow::Result<()> {
    for row in queries::to_collect(&app.db).await? {
        let mut tx = app.db.begin().await?;
        let Some(row) = queries::lock(&mut tx, row.id)
            .await?
            .filter(|row| row.collecting_at.is_none())
        else {
            continue;
        };
        match verbs::collect(&mut tx, &row).await {
            Ok(()) => {
                service::audit_row(&mut tx, &Actor::current(), "campaign.collect", &row).await?;
                tx.commit().await?;
            }
            // Another one lies under it: that one goes first.
            Err(ApiError::Conflict { .. }) => {}
            Err(error) => return Err(anyhow::Error::new(error).context("collecting a campaign")),
        }
    }
    Ok(())
}

/// Deletes pictures that nothing has referred to for a while. `true`: there may be more.
///
/// # Errors
/// When the database or the store do not answer.
pub(super) async fn sweep(app: &App) -> anyhow::Result<bool> {
    let grace = Duration::from_secs(u64::from(app.config.campaigns.grace_minutes) * 60);
    let (mut deleted, mut freed_bytes) = (0, 0);
    for round in 0..SWEEPS {
        let swept = gc::sweep(&app.db, &app.store, grace).await?;
        deleted += swept.deleted;
        freed_bytes += swept.freed_bytes;
        if swept.looked_at == 0 {
            if deleted > 0 {
                tracing::info!(deleted, freed_bytes, "deleted pictures that nothing needs");
            }
            return Ok(false);
        }
        if round == 0 {
            gc::tidy(&app.db).await?;
        }
    }
    Ok(true)
}
