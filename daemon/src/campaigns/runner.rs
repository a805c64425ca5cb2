//! Runs the campaigns that are planned, drawing or collected, in one process at a time.

mod moves;
mod pace;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tradepost_common::campaigns::CampaignState;
use tradepost_common::ids::CampaignId;

use self::moves::{end, hold_back, resume, send, split, too_many, watch};
use self::pace::Pace;
use super::queries::{self, Range, Row};
use super::{collect, plan};
use tradepost_leases::{self as leases, Lease};
use tradepost_queue::settings;

use crate::app::{App, OPERATIONS};
use crate::jobs::RENDER;

const LEASE: Duration = Duration::from_secs(15);
/// The lease is renewed, and campaigns are looked for, this often.
const LOOK: Duration = Duration::from_secs(3);
/// A campaign that draws is looked after this often.
const TICK: Duration = Duration::from_millis(100);
/// What nobody needs is looked for this often.
const SWEEP_EVERY: Duration = Duration::from_secs(20);
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
        let changed = app.notifier.notified(OPERATIONS);
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
        self.pace(row).tell(app, row).await?;
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
        self.pace(row).tell(app, row).await?;
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
        let workers = settings::count_workers(&app.db).await?;
        let workers = i64::from(workers.get(RENDER.as_str()).copied().unwrap_or(1).max(1));
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
        self.paces.entry(row.id).or_default()
    }
}
