//! The plan of a campaign: every item is looked at, and those that are to be drawn are listed.

use tradepost_common::campaigns::CampaignState;
use tradepost_common::latency::Scope as LatencyScope;

use super::queries::{self, Row, Wanted};
use tradepost_leases::{self as leases, Lease};

use crate::app::App;

/// Items looked at in one step.
const STEP: i64 = 5_000;
/// What an item takes of one core when nothing is known, in seconds.
const ASSUMED_CPU_SECONDS: f64 = 0.02;
/// What one picture takes of the disk when nothing is known, in bytes.
const ASSUMED_BYTES: f64 = 8_192.0;

/// Looks at the next items. `false`: the plan is ready, or not ours to make.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn step(app: &App, row: &Row, lease: &Lease) -> anyhow::Result<bool> {
    let scope = &row.scope;
    let family = match &scope.family {
        Some(name) => Some(queries::family(&app.db, name).await?.unwrap_or_default()),
        None => None,
    };
    let account = match &scope.account {
        Some(name) => Some(queries::account(&app.db, name).await?.unwrap_or_default()),
        None => None,
    };
    let names: Vec<String> = row.presets.iter().map(|pinned| pinned.preset.name.clone()).collect();
    let hashes: Vec<Vec<u8>> = row.presets.iter().map(|pinned| pinned.preset.hash().to_vec()).collect();
    let wanted = Wanted {
        kinds: (!scope.kinds.is_empty()).then_some(scope.kinds.as_slice()),
        family,
        account,
        only_stale: scope.only_stale,
        presets: &names,
        hashes: &hashes,
    };
    let mut tx = app.db.begin().await?;
    let Some(row) = queries::lock(&mut tx, row.id).await? else {
        return Ok(false);
    };
    if row.state != CampaignState::Planning || !leases::is_held(&mut tx, lease).await? {
        return Ok(false);
    }
    let most = scope
        .limit
        .map_or(i64::from(i32::MAX), |limit| limit.try_into().unwrap_or(i64::MAX));
    let room = (most - row.items).clamp(0, STEP);
    let looked = queries::plan_items(&mut tx, row.id, &wanted, row.planned_to, row.items, (STEP, room)).await?;
    let items = row.items + looked.kept;
    let more = looked.last.filter(|_| items < most);
    queries::advance_plan(&mut tx, row.id, more.unwrap_or(row.planned_to), looked.kept).await?;
    if more.is_none() {
        finish(app, &mut tx, &row, &names, items).await?;
    }
    tx.commit().await?;
    Ok(more.is_some())
}

async fn finish(
    app: &App,
    tx: &mut sqlx::PgConnection,
    row: &Row,
    presets: &[String],
    items: i64,
) -> anyhow::Result<()> {
    let canary = i64::from(row.canary).min(items);
    if canary > 0 {
        queries::mark_canary(&mut *tx, row.id, canary, items).await?;
    }
    let cpu_seconds = seconds_of_a_rendering(app);
    let bytes = queries::mean_bytes(&mut *tx, row.id, presets).await?;
    let basis = if cpu_seconds.is_some() || bytes.is_some() {
        "history"
    } else {
        "assumed"
    };
    let expected = (
        cpu_seconds.unwrap_or(ASSUMED_CPU_SECONDS),
        bytes.unwrap_or(ASSUMED_BYTES * presets.len() as f64),
    );
    queries::set_expectation(&mut *tx, row.id, expected, basis).await?;
    queries::set_state(tx, row.id, CampaignState::Planned, None).await?;
    Ok(())
}

/// What drawing one file took since this process started, on the clock.
fn seconds_of_a_rendering(app: &App) -> Option<f64> {
    let mut mean = None;
    app.latency.totals(|scope, name, totals| {
        if scope == LatencyScope::Stage && name == "render.render" && !totals.histogram.is_empty() {
            mean = Some(totals.sum_seconds / totals.histogram.len() as f64);
        }
    });
    mean
}
