//! The single steps of a running campaign, each one transaction that does nothing when the campaign was changed meanwhile.

use sqlx::PgConnection;
use tradepost_common::campaigns::CampaignState;
use tradepost_leases::{self as leases, Lease};
use tradepost_queue::Lane;

use crate::app::App;
use crate::audit::Actor;
use crate::campaigns::queries::{self, Phase, Row};
use crate::campaigns::service;
use crate::jobs::{CampaignJob, Job};
use crate::telemetry::alerts::AlertCode;

/// The positions of messages for so many items.
pub fn split(from: i32, items: i64, chunk: i64) -> Vec<(i32, i32)> {
    let end = i64::from(from).saturating_add(items);
    let mut ranges = Vec::new();
    let mut at = i64::from(from);
    while at < end {
        let next = (at + chunk).min(end);
        ranges.push((at as i32, next as i32));
        at = next;
    }
    ranges
}

/// Sends messages for ranges that follow each other. `false`: the campaign does not draw any more, or is not ours to run.
pub async fn send(app: &App, row: &Row, lease: &Lease, ranges: &[(i32, i32)]) -> anyhow::Result<bool> {
    let message = |(from, to): &(i32, i32)| {
        let job = CampaignJob {
            campaign: row.id,
            run: row.run,
            from: *from,
            to: *to,
            canary: row.phase == Phase::Canary,
        };
        Job::Campaign(job).message().with_lane(Lane::Bulk)
    };
    let messages: Vec<_> = ranges.iter().map(message).collect();
    let sent_to = ranges.last().map_or(row.sent_to, |(_, to)| *to);
    let mut tx = app.db.begin().await?;
    let now = lock_unchanged(&mut tx, row, lease).await?;
    if now.is_none_or(|now| now.sent_to != row.sent_to) {
        return Ok(false);
    }
    queries::set_sent(&mut tx, row.id, sent_to).await?;
    app.broker.send(&mut tx, &messages).await?;
    tx.commit().await?;
    Ok(true)
}

/// Locks a campaign; `None` when it was changed meanwhile, or is not ours to run any more.
async fn lock_unchanged(tx: &mut PgConnection, row: &Row, lease: &Lease) -> anyhow::Result<Option<Row>> {
    let now = queries::lock(&mut *tx, row.id).await?;
    let now = now.filter(|now| now.run == row.run && now.state == row.state);
    Ok(if leases::is_held(tx, lease).await? { now } else { None })
}

/// Pauses a campaign that can not go on here. `true`: it does not.
pub async fn hold_back(app: &App, row: &Row, lease: &Lease) -> anyhow::Result<bool> {
    if !row.is_ours() {
        let note =
            "this release draws the presets otherwise than the one it was planned with: abort it and plan another one";
        end(app, row, lease, CampaignState::Failed, Some(note)).await?;
        return Ok(true);
    }
    let reserve = app.config.campaigns.reserve_mib << 20;
    if let Some(free) = app.store.free_bytes().filter(|free| *free < reserve) {
        let note = format!(
            "the disk of the store has {} MiB free, and {} MiB are kept in reserve (campaigns.reserve_mib)",
            free >> 20,
            reserve >> 20
        );
        end(app, row, lease, CampaignState::Paused, Some(&note)).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Why a campaign should stop, if it should. What an operator forgave does not count.
pub fn too_many(row: &Row, enough: i64) -> Option<String> {
    let failed = row.failed - row.forgiven_failed;
    let known = row.done - row.forgiven_done + failed;
    let limit = i64::from(row.stop_at_percent);
    (known >= enough && failed * 100 > limit * known)
        .then(|| format!("{failed} of {known} items could not be drawn: more than {limit} %"))
}

/// Goes on after a canary that nobody has to look at.
pub async fn resume(app: &App, row: &Row, lease: &Lease) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let Some(now) = lock_unchanged(&mut tx, row, lease).await? else {
        return Ok(());
    };
    queries::set_running(&mut tx, row.id, Phase::Running).await?;
    service::audit_row(&mut tx, &Actor::current(), "campaign.resume", &now).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves a campaign that draws to another state, by itself.
pub async fn end(app: &App, row: &Row, lease: &Lease, state: CampaignState, note: Option<&str>) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let Some(mut now) = lock_unchanged(&mut tx, row, lease).await? else {
        return Ok(());
    };
    queries::set_state(&mut tx, row.id, state, note).await?;
    now.note = note.map(str::to_owned);
    service::audit_row(
        &mut tx,
        &Actor::current(),
        &format!("campaign.{}", state.as_str()),
        &now,
    )
    .await?;
    tx.commit().await?;
    if let Some(note) = note {
        tracing::info!(campaign.id = %row.id, "a campaign is {}: {note}", state.as_str());
    }
    Ok(())
}

/// The alert stands until somebody resumes or aborts what stopped.
pub async fn watch(app: &App) -> anyhow::Result<()> {
    let stopped = queries::stopped(&app.db).await?;
    match stopped.first() {
        None => app.alerts.clear(AlertCode::CampaignStopped),
        Some(row) => {
            let note = row.note.as_deref().unwrap_or_default();
            let message = format!("the campaign {} stopped by itself: {note}", row.id);
            app.alerts.raise(AlertCode::CampaignStopped, message);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_position_once() {
        assert_eq!(split(7, 0, 50), []);
        assert_eq!(split(7, 120, 50), [(7, 57), (57, 107), (107, 127)]);
    }
}
