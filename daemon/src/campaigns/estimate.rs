//! What a campaign takes in all, and how it is told.

use tradepost_common::campaigns::{Auto, Basis, Campaign, Estimate};

use super::check;
use super::queries::Row;
use crate::app::App;
use crate::config::CampaignsConfig;

/// A campaign as operators see it.
pub fn told(app: &App, row: Row) -> Campaign {
    let estimate = estimate(&row, &app.config.campaigns);
    let left = (row.items - row.settled()).max(0);
    let is_drawing = row.state.is_moving() && row.rate > 0.0 && left > 0;
    Campaign {
        id: row.id,
        state: row.state,
        what: check::describe(&row.scope),
        presets: row.presets.iter().map(|pinned| pinned.preset.name.clone()).collect(),
        canary: row.canary.cast_unsigned(),
        auto: row.auto_min_psnr_db.map(|min_psnr_db| Auto { min_psnr_db }),
        rate_per_second: row.rate_per_second,
        stop_at_percent: row.stop_at_percent,
        items: row.items,
        done: row.done,
        failed: row.failed,
        skipped: row.skipped,
        outputs: row.outputs,
        bytes_before: row.bytes_before,
        bytes_after: row.bytes_after,
        cpu_seconds: (row.cpu_seconds * 1_000.0).round() / 1_000.0,
        estimate,
        disk_free_bytes: app.store.free_bytes(),
        rate: row.rate,
        eta_seconds: is_drawing.then(|| (left as f64 / row.rate * 10.0).round() / 10.0),
        yielding: row.state.is_moving() && app.campaigns.courtesy.is_yielding(),
        freed_bytes: row.collected_at.map(|_| row.freed_bytes),
        collecting: row.collecting_at.is_some(),
        actor: row.actor,
        reason: row.reason,
        scope: row.scope,
        note: row.note,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        swapped_at: row.swapped_at,
        collect_at: row.collect_at,
    }
}

/// From the campaign's own items once there are some, else from what the plan knew.
fn estimate(row: &Row, config: &CampaignsConfig) -> Estimate {
    let drawn = row.done as f64;
    let each = |measured: f64, expected: f64| if row.done > 0 { measured / drawn } else { expected };
    let items = (row.items - row.skipped).max(0) as f64;
    let cpu_hours = each(row.cpu_seconds, row.item_cpu_seconds) * items / 3_600.0;
    let cost = config
        .cpu_hour_price
        .map(|price| (price * cpu_hours * 1e6).round() as i64);
    Estimate {
        outputs: (each(row.outputs as f64, row.presets.len() as f64) * items).round() as i64,
        cpu_hours,
        bytes: (each(row.bytes_after as f64, row.item_bytes) * items).round() as i64,
        cost_micros: cost,
        currency: cost.map(|_| config.currency.clone()),
        basis: match (row.done > 0, row.has_history) {
            (true, _) => Basis::Measured,
            (false, true) => Basis::History,
            (false, false) => Basis::Assumed,
        },
    }
}
