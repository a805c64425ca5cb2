//! A campaign as operators see it, with what it takes in all.

use tradepost_common::campaigns::{Auto, Basis, Campaign, Estimate};

use super::queries::{self, CampaignRow};
use super::service::skipped;
use crate::app::App;
use crate::config::CampaignsConfig;

pub(super) fn campaign(app: &App, row: CampaignRow, disk_free_bytes: Option<u64>) -> Campaign {
    let estimate = estimate(&row, &app.config.campaigns);
    let state = row.state();
    let CampaignRow { operation, parts } = row;
    Campaign {
        id: operation.id,
        state,
        presets: parts.preset_names(),
        canary: operation.limits.canary,
        auto: parts.auto_min_psnr_db.map(|min_psnr_db| Auto { min_psnr_db }),
        rate_per_second: operation.limits.rate_per_second,
        stop_at_percent: operation.limits.stop_at_percent,
        items: operation.selected,
        done: operation.succeeded,
        failed: operation.refailed,
        skipped: skipped(&operation),
        outputs: parts.outputs,
        bytes_before: parts.bytes_before,
        bytes_after: parts.bytes_after,
        cpu_seconds: (parts.cpu_seconds * 1_000.0).round() / 1_000.0,
        estimate,
        disk_free_bytes,
        rate: operation.rate,
        eta_seconds: operation.eta_seconds(),
        yielding: state.is_moving() && app.bulk.throttle.is_throttled(),
        freed_bytes: parts.collected_at.map(|_| parts.freed_bytes),
        collecting: parts.collecting_at.is_some(),
        scope: queries::scope(&operation),
        what: operation.what,
        actor: operation.actor,
        reason: operation.reason.unwrap_or_default(),
        note: operation.note,
        created_at: operation.created_at,
        started_at: operation.started_at,
        finished_at: operation.finished_at,
        swapped_at: parts.swapped_at,
        collect_at: parts.collect_at,
    }
}

/// Made from this campaign's own items once there are some, and from what the plan knew before.
fn estimate(CampaignRow { operation, parts }: &CampaignRow, config: &CampaignsConfig) -> Estimate {
    let done = operation.succeeded;
    let each = |total: f64, planned: f64| if done > 0 { total / done as f64 } else { planned };
    let items = (operation.selected - skipped(operation)).max(0) as f64;
    let cpu_hours = each(parts.cpu_seconds, parts.item_cpu_seconds) * items / 3_600.0;
    let cost = config
        .cpu_hour_price
        .map(|price| (price * cpu_hours * 1e6).round() as i64);
    Estimate {
        outputs: (each(parts.outputs as f64, parts.presets.len() as f64) * items).round() as i64,
        cpu_hours,
        bytes: (each(parts.bytes_after as f64, parts.item_bytes) * items).round() as i64,
        cost_micros: cost,
        currency: cost.map(|_| config.currency.clone()),
        basis: if done > 0 { Basis::Measured } else { parts.basis },
    }
}
