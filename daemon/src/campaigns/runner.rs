//! Runs the campaigns that are planned, drawing or collected, in one process at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tradepost_common::campaigns::CampaignState;
use tradepost_common::ids::{CampaignId, MessageId};
use tradepost_common::overview::Severity;

use super::job::CampaignJob;
use super::queries::{self, Phase, Range, Row};
use super::{collect, plan, service};
use crate::app::App;
use crate::audit::Actor;
use crate::leases::{self, Lease};
use crate::operations::pacer::Pacer;
use crate::queue::{Lane, NewMessage, QueueName, settings};

const LEASE: Duration = Duration::from_secs(15);
/// The lease is renewed, and campaigns are looked for, this often.
const LOOK: Duration = Duration::from_secs(3);
/// A campaign that draws is looked after this often.
const TICK: Duration = Duration::from_millis(100);
/// What nobody needs is looked for this often.
const SWEEP_EVERY: Duration = Duration::from_secs(20);
/// The rate that is shown is an average of so long, told this often.
const WINDOW: Duration = Duration::from_secs(10);
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Items that are settled before their failures stop a campaign, beyond the canary.
const ENOUGH: i64 = 10;
/// Messages that are under way for each that is worked on: nobody is to wait for the next.
const AHEAD: i64 = 2;

/// Runs campaigns while this process holds their lease, until `stop` is cancelled.
///
/// # Errors
/// Never: a database that is away is waited for.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut runner = Runner::default();
    loop {
        let changed = app.wake.operations_changed();
        let wait = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // Each step is a transaction: what is cut off here has not happened.
            wait = runner.round(&app) => wait.unwrap_or_else(|error| {
                tracing::warn!(error = format!("{error:#}"), "a step of a campaign failed, it is tried again");
                LOOK
            }),
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = changed => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// What this process remembers of the campaigns it runs; nothing of it is needed to go on elsewhere.
#[derive(Default)]
struct Runner {
    paces: HashMap<CampaignId, Pace>,
    swept_at: Option<Instant>,
}

/// How fast a campaign is, and may be.
struct Pace {
    pacer: Option<(u32, Pacer)>,
    settled: VecDeque<(Instant, i64)>,
    told_at: Instant,
}

impl Runner {
    /// Does what is to be done now. Answers with how long that will do.
    async fn round(&mut self, app: &App) -> anyhow::Result<Duration> {
        let Some(lease) = leases::hold(&app.db, "campaigns", &app.worker, LEASE).await? else {
            return Ok(LOOK);
        };
        watch(app).await?;
        let mut wait = LOOK;
        let moving = queries::moving(&app.db).await?;
        self.paces.retain(|id, _| moving.iter().any(|row| row.id == *id));
        for row in moving {
            let next = match row.state {
                CampaignState::Planning => plan::step(app, &row, &lease).await?.then_some(Duration::ZERO),
                CampaignState::Canary => self.canary(app, &row, &lease).await?,
                CampaignState::Running => self.run(app, &row, &lease).await?,
                _ => collect::step(app, row.id, &lease).await?.then_some(Duration::ZERO),
            };
            wait = wait.min(next.unwrap_or(LOOK));
        }
        if self.swept_at.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
            queries::abort_stale(&app.db).await?;
            collect::begin_due(app).await?;
            if !collect::sweep(app).await? {
                self.swept_at = Some(Instant::now());
            }
        }
        Ok(wait)
    }

    async fn canary(&mut self, app: &App, row: &Row, lease: &Lease) -> anyhow::Result<Option<Duration>> {
        if hold_back(app, row, lease).await? {
            return Ok(None);
        }
        if row.sent_to == 0 {
            // One message: there are few.
            let ranges = [(0, i32::try_from(row.items).unwrap_or(i32::MAX))];
            send(app, row, lease, &ranges).await?;
            return Ok(Some(TICK));
        }
        self.tell_rate(app, row).await?;
        let canary = Range {
            from: 0,
            to: i32::MAX,
            only_canary: true,
        };
        if queries::count_waiting(&app.db, row.id, canary).await? > 0 {
            return Ok(Some(TICK));
        }
        if let Some(note) = too_many(row, 1) {
            end(app, row, lease, CampaignState::Stopped, Some(&note)).await?;
            return Ok(Some(Duration::ZERO));
        }
        let worst = queries::worst_psnr_db(&app.db, row.id).await?;
        if row
            .auto_min_psnr_db
            .is_some_and(|bound| worst.is_some_and(|worst| worst >= bound))
        {
            resume(app, row, lease).await?;
        } else {
            let note = match (row.auto_min_psnr_db, worst) {
                (Some(bound), Some(worst)) => {
                    format!("a sample has {worst:.1} dB, the bound is {bound} dB: look at it, then resume or abort")
                }
                _ => "the canary is drawn: look at it, then resume or abort".to_owned(),
            };
            end(app, row, lease, CampaignState::Waiting, Some(&note)).await?;
        }
        Ok(Some(Duration::ZERO))
    }

    async fn run(&mut self, app: &App, row: &Row, lease: &Lease) -> anyhow::Result<Option<Duration>> {
        if let Some(note) = too_many(row, ENOUGH) {
            end(app, row, lease, CampaignState::Stopped, Some(&note)).await?;
            return Ok(None);
        }
        if hold_back(app, row, lease).await? {
            return Ok(None);
        }
        self.tell_rate(app, row).await?;
        let under_way = Range {
            from: 0,
            to: row.sent_to,
            only_canary: false,
        };
        let waiting = queries::count_waiting(&app.db, row.id, under_way).await?;
        if i64::from(row.sent_to) >= row.items {
            if waiting == 0 {
                end(app, row, lease, CampaignState::Rendered, None).await?;
                return Ok(None);
            }
            return Ok(Some(TICK));
        }
        let chunk = i64::from(app.config.campaigns.chunk_items);
        let workers = settings::workers(&app.db).await?;
        let workers = i64::from(workers.get(QueueName::Image.as_str()).copied().unwrap_or(1).max(1));
        let room = (AHEAD * i64::from(app.config.campaigns.at_once()) * workers * chunk - waiting).max(0);
        let allowed = self
            .pace(row)
            .allowed(row)
            .min(room)
            .min(row.items - i64::from(row.sent_to));
        // Few at a time only where the rate is low.
        if allowed > 0 && (allowed >= chunk.min(room) || row.rate_per_second.is_some() || room >= chunk) {
            let ranges = split(row.sent_to, allowed, chunk);
            if send(app, row, lease, &ranges).await? {
                self.pace(row).spent(allowed);
            }
        }
        Ok(Some(TICK))
    }

    fn pace(&mut self, row: &Row) -> &mut Pace {
        self.paces.entry(row.id).or_insert_with(|| Pace {
            pacer: None,
            settled: VecDeque::new(),
            told_at: Instant::now(),
        })
    }

    async fn tell_rate(&mut self, app: &App, row: &Row) -> sqlx::Result<()> {
        let pace = self.pace(row);
        pace.settled.push_back((Instant::now(), row.settled()));
        while pace.settled.front().is_some_and(|(at, _)| at.elapsed() > WINDOW) {
            pace.settled.pop_front();
        }
        if pace.told_at.elapsed() < TELL_EVERY {
            return Ok(());
        }
        pace.told_at = Instant::now();
        let rate = match (pace.settled.front(), pace.settled.back()) {
            (Some((from, before)), Some((to, after))) if to > from => {
                (after - before) as f64 / to.duration_since(*from).as_secs_f64()
            }
            _ => 0.0,
        };
        queries::note_rate(&app.db, row.id, (rate * 10.0).round() / 10.0).await
    }
}

impl Pace {
    /// How many items may be sent now.
    fn allowed(&mut self, row: &Row) -> i64 {
        let Some(limit) = row.rate_per_second else {
            self.pacer = None;
            return i64::MAX;
        };
        let now = Instant::now();
        let (known, pacer) = self.pacer.get_or_insert_with(|| (limit, Pacer::new(limit, now)));
        if *known != limit {
            *known = limit;
            pacer.set_limit(limit);
        }
        i64::try_from(pacer.allowed(now)).unwrap_or(i64::MAX)
    }

    fn spent(&mut self, items: i64) {
        if let Some((_, pacer)) = &mut self.pacer {
            pacer.spent(items.unsigned_abs(), Instant::now());
        }
    }
}

/// The positions of messages for so many items.
fn split(from: i32, items: i64, chunk: i64) -> Vec<(i32, i32)> {
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
async fn send(app: &App, row: &Row, lease: &Lease, ranges: &[(i32, i32)]) -> anyhow::Result<bool> {
    let message = |(from, to): &(i32, i32)| {
        let job = CampaignJob {
            campaign: row.id,
            run: row.run,
            from: *from,
            to: *to,
            canary: row.phase == Phase::Canary,
        };
        NewMessage {
            id: MessageId::new(),
            queue: QueueName::Image,
            lane: Lane::Bulk,
            payload: serde_json::to_value(job).expect("a job is always JSON"),
            upload_id: None,
            redrives: 0,
            delay: Duration::ZERO,
        }
    };
    let messages: Vec<_> = ranges.iter().map(message).collect();
    let sent_to = ranges.last().map_or(row.sent_to, |(_, to)| *to);
    let mut tx = app.db.begin().await?;
    let Some(now) = queries::lock(&mut tx, row.id).await? else {
        return Ok(false);
    };
    let is_same = now.state == row.state && now.run == row.run && now.sent_to == row.sent_to;
    if !is_same || !leases::is_held(&mut tx, lease).await? {
        return Ok(false);
    }
    queries::set_sent(&mut tx, row.id, sent_to).await?;
    app.broker.send(&mut tx, &messages).await?;
    tx.commit().await?;
    Ok(true)
}

/// Pauses a campaign that can not go on here. `true`: it does not.
async fn hold_back(app: &App, row: &Row, lease: &Lease) -> anyhow::Result<bool> {
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
fn too_many(row: &Row, enough: i64) -> Option<String> {
    let failed = row.failed - row.forgiven_failed;
    let known = row.done - row.forgiven_done + failed;
    let limit = i64::from(row.stop_at_percent);
    (known >= enough && failed * 100 > limit * known)
        .then(|| format!("{failed} of {known} items could not be drawn: more than {limit} %"))
}

/// Goes on after a canary that nobody has to look at.
async fn resume(app: &App, row: &Row, lease: &Lease) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let Some(now) = queries::lock(&mut tx, row.id)
        .await?
        .filter(|now| now.run == row.run && now.state == row.state)
    else {
        return Ok(());
    };
    if !leases::is_held(&mut tx, lease).await? {
        return Ok(());
    }
    queries::set_running(&mut tx, row.id, Phase::Running).await?;
    service::audit_row(&mut tx, &Actor::current(), "campaign.resume", &now).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves a campaign that draws to another state, by itself.
async fn end(app: &App, row: &Row, lease: &Lease, state: CampaignState, note: Option<&str>) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let Some(mut now) = queries::lock(&mut tx, row.id)
        .await?
        .filter(|now| now.run == row.run && now.state == row.state)
    else {
        return Ok(());
    };
    if !leases::is_held(&mut tx, lease).await? {
        return Ok(());
    }
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
async fn watch(app: &App) -> anyhow::Result<()> {
    let stopped = queries::stopped(&app.db).await?;
    match stopped.first() {
        None => app.alerts.clear("campaign-stopped"),
        Some(row) => {
            let note = row.note.as_deref().unwrap_or_default();
            let message = format!("the campaign {} stopped by itself: {note}", row.id);
            app.alerts.raise("campaign-stopped", Severity::Warning, message);
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
