//! Plans a campaign: every item is looked at, and those that are to be drawn are listed.

use sqlx::PgConnection;
use tradepost_common::campaigns::{Basis, NewCampaign};
use tradepost_common::ids::OperationId;
use tradepost_common::latency::Scope as LatencyScope;
use tradepost_common::operations::Pace;

use super::kind::Rerender;
use super::queries::{self, PinnedPreset, Wanted};
use super::{check, service};
use crate::app::App;
use crate::audit::Actor;
use crate::error::ApiResult;
use crate::operations::kind::{Kind as _, Limits, Step};
use crate::operations::{self, OperationRow};

/// Items looked at in one step.
const STEP: i64 = 5_000;
/// One item takes this much of one core when nothing is known, in seconds.
const ASSUMED_CPU_SECONDS: f64 = 0.02;
/// One picture takes this much of the disk when nothing is known, in bytes.
const ASSUMED_BYTES: f64 = 8_192.0;

/// Begins the plan of a campaign: its items are counted. Answers with the finished plan when it is quick.
pub async fn make(app: &App, actor: &Actor, new: &NewCampaign) -> ApiResult<OperationId> {
    check::new_campaign(&app.db, &app.presets, new).await?;
    let wanted = &new.scope.presets;
    let presets: Vec<_> = app
        .presets
        .iter()
        .filter(|preset| wanted.is_empty() || wanted.contains(&preset.name))
        .map(PinnedPreset::new)
        .collect();
    let limits = Limits {
        rate_per_second: new.rate_per_second,
        canary: new.canary,
        canary_wait_seconds: Pace::default().canary_wait_seconds,
        stop_at_percent: new.stop_at_percent,
    };
    let what = check::describe(&new.scope);
    let mut row = OperationRow::new(Rerender.rules().name, actor, &new.scope, what, limits);
    row.reason = Some(new.reason.trim().to_owned());
    let mut tx = app.db.begin().await?;
    operations::service::insert(&mut tx, &row, actor).await?;
    queries::insert(&mut tx, row.id, &presets, new.auto.map(|auto| auto.min_psnr_db)).await?;
    operations::service::record(&mut tx, &Rerender, actor, "plan", &row).await?;
    tx.commit().await?;
    Ok(operations::service::until_planned(app, row.id).await?.id)
}

/// Looks at the next items.
pub(super) async fn step(app: &App, tx: &mut PgConnection, row: &OperationRow) -> anyhow::Result<Step> {
    let scope = queries::scope(row);
    let campaign = service::with_parts(&mut *tx, row.clone()).await?;
    let family = match &scope.family {
        Some(name) => Some(queries::family(&mut *tx, name).await?.unwrap_or_default()),
        None => None,
    };
    let account = match &scope.account {
        Some(name) => Some(queries::account(&mut *tx, name).await?.unwrap_or_default()),
        None => None,
    };
    let names = campaign.parts.preset_names();
    let hashes: Vec<_> = campaign
        .parts
        .presets
        .iter()
        .map(|pinned| pinned.preset.hash().to_vec())
        .collect();
    let wanted = Wanted {
        kinds: (!scope.kinds.is_empty()).then_some(scope.kinds.as_slice()),
        family,
        account,
        only_stale: scope.only_stale,
        presets: &names,
        hashes: &hashes,
    };
    let most = scope
        .limit
        .map_or(i64::from(i32::MAX), |limit| limit.try_into().unwrap_or(i64::MAX));
    let room = (most - row.selected).clamp(0, STEP);
    let above = campaign.parts.planned_to;
    let looked = queries::plan_items(&mut *tx, row.id, &wanted, above, row.selected, (STEP, room)).await?;
    let items = row.selected + looked.kept;
    let next = looked.last.filter(|_| items < most);
    match next {
        Some(last) => queries::set_planned_to(tx, row.id, last).await?,
        None => finish(app, tx, row, &names, items).await?,
    }
    Ok(Step {
        selected: looked.kept,
        more: next.is_some(),
        ..Step::default()
    })
}

async fn finish(
    app: &App,
    tx: &mut PgConnection,
    row: &OperationRow,
    presets: &[String],
    items: i64,
) -> sqlx::Result<()> {
    let canary = i64::from(row.limits.canary).min(items);
    if canary > 0 {
        queries::mark_canary(&mut *tx, row.id, canary, items).await?;
    }
    let cpu_seconds = seconds_of_a_rendering(app);
    let bytes = queries::mean_bytes(&mut *tx, row.id, presets).await?;
    let basis = if cpu_seconds.is_some() || bytes.is_some() {
        Basis::History
    } else {
        Basis::Assumed
    };
    let expected = (
        cpu_seconds.unwrap_or(ASSUMED_CPU_SECONDS),
        bytes.unwrap_or(ASSUMED_BYTES * presets.len() as f64),
    );
    queries::set_expectation(tx, row.id, expected, basis).await
}

/// The mean time of drawing one file since this process started, on the clock.
fn seconds_of_a_rendering(app: &App) -> Option<f64> {
    let mut mean = None;
    app.latency.totals(|scope, name, totals| {
        if scope == LatencyScope::Stage && name == "render.render" && !totals.histogram.is_empty() {
            mean = Some(totals.sum_seconds / totals.histogram.len() as f64);
        }
    });
    mean
}
