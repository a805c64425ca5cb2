//! Items of the catalogue as entries of an operation: drawn anew by workers, in messages of some tens of items.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgConnection;
use tradepost_common::operations::{OperationState, Phase};
use tradepost_leases::Lease;
use tradepost_queue::{Lane, settings};

use super::queries::{self, Range};
use super::{collect, plan, service};
use crate::app::App;
use crate::error::{self, ApiError};
use crate::jobs::{CampaignJob, Job, RENDER};
use crate::operations::kind::{Answer, Judgement, Kind, Op, Outcomes, Rules, Step, Tx};
use crate::operations::{self, OperationRow};

/// Messages in flight for each that is worked on: nobody waits for the next.
const AHEAD: i64 = 2;

/// Draws items of the catalogue anew.
#[derive(Debug)]
pub(super) struct Rerender;

impl Kind for Rerender {
    fn rules(&self) -> Rules {
        Rules {
            name: "campaign",
            noun: "campaign",
            state_conflict: "campaign-state",
            empty_conflict: ("campaign-empty", "The plan has no item to render."),
            plan_expires: (Duration::from_hours(24), "not started within a day"),
            delete_after: None,
            tick: Duration::from_millis(100),
            count_every: Duration::from_millis(100),
            passes: 1,
            gone: "not drawn",
        }
    }

    fn plan<'a>(&'a self, app: &'a App, tx: Tx<'a>, row: Op<'a>) -> Answer<'a, Step> {
        Box::pin(plan::step(app, tx, row))
    }

    fn act<'a>(&'a self, app: &'a App, tx: Tx<'a>, row: Op<'a>, limit: u64) -> Answer<'a, Step> {
        Box::pin(send(app, tx, row, limit))
    }

    fn outcomes<'a>(&'a self, app: &'a App, row: Op<'a>) -> Answer<'a, Outcomes> {
        Box::pin(async move {
            let unknown = match row.phase {
                Some(Phase::Watch) => queries::count_waiting(&app.db, row.id, CANARY).await?,
                Some(Phase::Settle) => queries::count_waiting(&app.db, row.id, EVERYTHING).await?,
                _ => 0,
            };
            // The outcomes of the last items are counted by now.
            let now = operations::service::find_any(&app.db, row.id).await?;
            let now = now.as_ref().unwrap_or(row);
            Ok(Outcomes {
                succeeded: now.succeeded,
                failed: now.refailed,
                unknown,
            })
        })
    }

    fn stop_note(&self, row: &OperationRow, failed: i64, known: i64) -> String {
        let limit = row.limits.stop_at_percent;
        format!("{failed} of {known} items could not be rendered: more than {limit} %")
    }

    fn first_phase(&self, row: &OperationRow) -> Phase {
        if row.limits.canary > 0 {
            Phase::Canary
        } else {
            Phase::Ramp
        }
    }

    /// The messages of the run before are void: what was sent is sent again.
    fn resumed_phase(&self, row: &OperationRow) -> Phase {
        match row.phase {
            Some(Phase::Canary | Phase::Watch) => Phase::Canary,
            _ => Phase::Ramp,
        }
    }

    fn first_position<'a>(&'a self, tx: Tx<'a>, row: Op<'a>) -> Answer<'a, i64> {
        Box::pin(async move {
            match row.phase {
                Some(Phase::Canary) => Ok(0),
                _ => Ok(queries::first_waiting(tx, row.id)
                    .await?
                    .map_or(row.selected, i64::from)),
            }
        })
    }

    fn room<'a>(&'a self, app: &'a App, row: Op<'a>) -> Answer<'a, u64> {
        Box::pin(room(app, row))
    }

    fn obstacle<'a>(&'a self, app: &'a App, row: Op<'a>) -> Answer<'a, Option<(OperationState, String)>> {
        Box::pin(async move {
            let parts = queries::parts(&app.db, &[row.id.0]).await?;
            if !parts.iter().all(queries::CampaignParts::is_ours) {
                let note = "this release draws the presets otherwise than the one it was planned with: abort it and plan another one";
                return Ok(Some((OperationState::Failed, note.to_owned())));
            }
            let reserve = app.config.campaigns.reserve_mib << 20;
            let free = app.store.free_bytes().await.filter(|free| *free < reserve);
            Ok(free.map(|free| {
                let note = format!(
                    "the disk of the store has {} MiB free, and {} MiB are kept in reserve (campaigns.reserve_mib)",
                    free >> 20,
                    reserve >> 20
                );
                (OperationState::Paused, note)
            }))
        })
    }

    fn judge<'a>(&'a self, app: &'a App, row: Op<'a>) -> Answer<'a, Judgement> {
        Box::pin(async move {
            let parts = queries::parts(&app.db, &[row.id.0]).await?;
            let bound = parts.first().and_then(|parts| parts.auto_min_psnr_db);
            Ok(match (bound, queries::worst_psnr_db(&app.db, row.id).await?) {
                (Some(bound), Some(worst)) if worst >= bound => Judgement::Passed,
                (Some(bound), Some(worst)) => Judgement::Ask(format!(
                    "a sample has {worst:.1} dB, the minimum is {bound} dB: review it, then resume or abort"
                )),
                _ => Judgement::Ask("the canary is rendered: review it, then resume or abort".to_owned()),
            })
        })
    }

    fn cancelled<'a>(&'a self, tx: Tx<'a>, row: Op<'a>) -> Answer<'a, ()> {
        Box::pin(async move { Ok(queries::begin_collecting(tx, row.id).await?) })
    }

    fn chores<'a>(&'a self, app: &'a App, lease: &'a Lease) -> Answer<'a, Duration> {
        Box::pin(collect::chores(app, lease))
    }

    fn state_name(&self, row: &OperationRow) -> &'static str {
        queries::state(row).as_str()
    }

    fn audit_detail<'a>(&'a self, tx: Tx<'a>, row: Op<'a>) -> Answer<'a, Value> {
        Box::pin(async move {
            let parts = queries::parts(tx, &[row.id.0]).await?;
            Ok(json!({
                "what": row.what,
                "planned_by": row.actor,
                "reason": row.reason,
                "state": queries::state(row),
                "items": row.selected,
                "done": row.succeeded,
                "failed": row.refailed,
                "skipped": service::skipped(row),
                "outputs": parts.first().map(|parts| parts.outputs),
                "rate_per_second": row.limits.rate_per_second,
                "canary": row.limits.canary,
                "note": row.note,
            }))
        })
    }

    fn start_refused(&self, error: sqlx::Error) -> ApiError {
        if error::constraint(&error) == Some("operations_one_campaign_runs") {
            let detail = "Another campaign is rendering: pause or abort it first, or wait for its end.";
            return ApiError::conflict("campaign-other", detail);
        }
        error.into()
    }
}

const EVERYTHING: Range = Range {
    from: 0,
    to: i32::MAX,
    only_canary: false,
};
const CANARY: Range = Range {
    only_canary: true,
    ..EVERYTHING
};

/// Items that may be sent now, so that workers have always something to do and a pause leaves little behind.
async fn room(app: &App, row: &OperationRow) -> anyhow::Result<u64> {
    let in_flight = Range {
        to: position(row.position_seq),
        ..EVERYTHING
    };
    let waiting = queries::count_waiting(&app.db, row.id, in_flight).await?;
    let left = row.selected - row.position_seq;
    if left <= 0 {
        // All are sent: the step after the last item ends the ramp.
        return Ok(u64::from(waiting == 0));
    }
    let chunk = i64::from(app.config.campaigns.chunk_items);
    let workers = settings::count_workers(&app.db).await?;
    let workers = i64::from(workers.get(RENDER.as_str()).copied().unwrap_or(1).max(1));
    let room = AHEAD * i64::from(app.config.campaigns.at_once()) * workers * chunk - waiting;
    // Small messages only where the rate is low, and at the end.
    let least = if row.limits.rate_per_second.is_some() {
        1
    } else {
        chunk.min(left)
    };
    Ok(if room >= least { room.unsigned_abs() } else { 0 })
}

/// Sends messages for the canary, which is one, or for the next items.
async fn send(app: &App, tx: &mut PgConnection, row: &OperationRow, limit: u64) -> anyhow::Result<Step> {
    let is_canary = row.phase == Some(Phase::Canary);
    let (ranges, to) = if is_canary {
        (vec![(0, row.selected)], row.selected)
    } else {
        let to = row.selected.min(row.position_seq.saturating_add(limit.cast_signed()));
        (split(row.position_seq, to, app.config.campaigns.chunk_items.into()), to)
    };
    let messages: Vec<_> = ranges
        .iter()
        .map(|(from, to)| {
            let job = CampaignJob {
                campaign: row.id,
                run: row.run,
                from: position(*from),
                to: position(*to),
                canary: is_canary,
            };
            Job::Campaign(job).message().with_lane(Lane::Bulk)
        })
        .collect();
    app.broker.send(tx, &messages).await?;
    Ok(Step {
        position: to,
        taken: (to - row.position_seq).unsigned_abs(),
        more: !is_canary && to > row.position_seq,
        ..Step::default()
    })
}

/// The ranges of messages for the items of a range.
fn split(from: i64, to: i64, chunk: i64) -> Vec<(i64, i64)> {
    let starts = (from..to).step_by(chunk.max(1).unsigned_abs() as usize);
    starts.map(|start| (start, (start + chunk).min(to))).collect()
}

/// A position of a plan has 32 bits.
fn position(at: i64) -> i32 {
    i32::try_from(at).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_every_position_once() {
        assert_eq!(split(7, 7, 50), []);
        assert_eq!(split(7, 127, 50), [(7, 57), (57, 107), (107, 127)]);
    }
}
