//! Takes campaigns apart: a swapped one becomes the catalogue's own, of any other nothing stays. What nothing refers to is then freed.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tradepost_common::ids::OperationId;
use tradepost_common::operations::OperationState;

use super::kind::Rerender;
use super::queries::{self, Publication};
use super::{service, verbs};
use crate::app::App;
use crate::audit::Actor;
use crate::catalog::gc;
use crate::error::ApiError;
use crate::operations::service as operations;
use crate::telemetry::alerts::AlertCode;
use tradepost_leases::{self as leases, Lease};

/// Pictures, or items, that one step takes apart.
const STEP: i64 = 500;
/// Sweeps of one round.
const SWEEPS: u32 = 20;
/// Unused objects are looked for this often.
const SWEEP_EVERY: Duration = Duration::from_secs(20);
/// Chores are looked for this often.
const LOOK: Duration = Duration::from_secs(3);

/// Does what is to be done beside the drawing. Answers with the time until the next.
pub(super) async fn chores(app: &App, lease: &Lease) -> anyhow::Result<Duration> {
    watch(app).await?;
    let mut worked = false;
    for id in queries::collecting(&app.db).await? {
        worked |= step(app, id, lease).await?;
    }
    let swept_at = *app.bulk.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
    if swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
        begin_due(app).await?;
        if sweep(app).await? {
            worked = true;
        } else {
            *app.bulk.swept_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
    Ok(if worked { Duration::ZERO } else { LOOK })
}

/// Raises an alert while a campaign that stopped by itself waits for an operator.
async fn watch(app: &App) -> anyhow::Result<()> {
    let stopped = operations::in_state(&app.db, &Rerender, OperationState::Stopped).await?;
    match stopped.first() {
        None => app.alerts.clear(AlertCode::CampaignStopped),
        Some(row) => {
            let note = row.note.as_deref().unwrap_or_default();
            let message = format!("the campaign {} stopped: {note}", row.id);
            app.alerts.raise(AlertCode::CampaignStopped, message);
        }
    }
    Ok(())
}

/// Takes some more of a campaign apart. `false`: nothing is left, or it is not ours to do.
async fn step(app: &App, id: OperationId, lease: &Lease) -> anyhow::Result<bool> {
    let mut tx = app.db.begin().await?;
    let row = service::lock(&mut tx, id).await?;
    let is_due = row.is_collecting() && row.parts.collected_at.is_none();
    if !is_due || !leases::is_held(&mut tx, lease).await? {
        return Ok(false);
    }
    let (generation, is_shown) = (
        row.parts.generation,
        row.parts.publication == Some(Publication::Swapped),
    );
    let lost = if is_shown {
        queries::adopt(&mut tx, generation, STEP).await?
    } else {
        queries::forget(&mut tx, generation, STEP).await?
    };
    gc::mark(&mut tx, id.0, &lost.hashes, &lost.formats, &lost.sizes).await?;
    if lost.rows == 0 && queries::forget_items(&mut tx, id, STEP * 10).await? == 0 {
        if is_shown {
            queries::deactivate(&mut tx, generation).await?;
        }
        queries::end_collecting(&mut tx, id).await?;
        verbs::record(&mut tx, &Actor::current(), "collected", &row).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Begins to collect what was kept for long enough, one campaign after the other.
async fn begin_due(app: &App) -> anyhow::Result<()> {
    for id in queries::to_collect(&app.db).await? {
        let mut tx = app.db.begin().await?;
        let row = service::lock(&mut tx, id).await?;
        if row.is_collecting() {
            continue;
        }
        match verbs::collect(&mut tx, &row).await {
            Ok(()) => {
                verbs::record(&mut tx, &Actor::current(), "collect", &row).await?;
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
async fn sweep(app: &App) -> anyhow::Result<bool> {
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
