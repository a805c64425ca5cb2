//! Runs one operation: its plan, then its phases.

use std::time::{Duration, Instant};

use sqlx::{Postgres, Transaction};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{OperationState, Phase};
use tradepost_leases::{self as leases, Lease};

use super::OperationRow;
use super::kind::{Judgement, Kind, Outcomes, Step};
use super::throttle::{RateMeter, Throttle};
use super::{queries, service};
use crate::app::App;
use crate::audit::Actor;

/// Entries of one step at most.
const MAX_STEP: u64 = 1_000;
/// The measured rate is written down this often at most.
const RATE_EVERY: Duration = Duration::from_millis(500);
/// Outcomes that are known before their failures stop an operation, beyond the canary.
const ENOUGH: i64 = 10;

/// Follows a step.
pub(super) enum Next {
    Again,
    After(Duration),
    Over,
}

/// One operation while this process runs it. Nothing of this is needed to go on elsewhere.
pub(super) struct Run {
    kind: &'static dyn Kind,
    pub id: OperationId,
    lease: Lease,
    throttle: Option<Throttle>,
    meter: RateMeter,
    rated_at: Option<Instant>,
    counted_at: Option<Instant>,
    count_every: Duration,
    passes: u32,
}

impl Run {
    pub fn new(kind: &'static dyn Kind, id: OperationId, lease: Lease) -> Self {
        Self {
            kind,
            id,
            lease,
            throttle: None,
            meter: RateMeter::default(),
            rated_at: None,
            counted_at: None,
            count_every: Duration::ZERO,
            passes: 0,
        }
    }

    /// Does what is to be done now.
    pub async fn step(&mut self, app: &App) -> anyhow::Result<Next> {
        let Some(row) = queries::find(&app.db, self.id).await? else {
            return Ok(Next::Over);
        };
        match (row.state, row.phase) {
            (OperationState::Planning, _) => self.plan(app, &row).await,
            (OperationState::Running, Some(phase)) => {
                if let Some((state, note)) = self.kind.obstacle(app, &row).await? {
                    return self.end(app, &row, state, Some(&note)).await;
                }
                match phase {
                    Phase::Canary => self.canary(app, &row).await,
                    Phase::Watch => self.watch(app, &row).await,
                    Phase::Ramp => self.ramp(app, &row).await,
                    Phase::Settle => self.settle(app, &row).await,
                }
            }
            _ => Ok(Next::Over),
        }
    }

    async fn plan(&self, app: &App, seen: &OperationRow) -> anyhow::Result<Next> {
        let Some((mut tx, mut row)) = self.lock(app, seen).await? else {
            return Ok(Next::Over);
        };
        let step = self.kind.plan(app, &mut tx, &row).await?;
        row.advance(&step);
        if !step.more {
            row.set_state(OperationState::Planned, None);
            service::notify(&mut tx).await?;
        }
        queries::save(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(if step.more { Next::Again } else { Next::Over })
    }

    async fn canary(&mut self, app: &App, row: &OperationRow) -> anyhow::Result<Next> {
        let left = i64::from(row.limits.canary) - row.acted;
        if left > 0 {
            match self.act(app, row, left.unsigned_abs()).await? {
                None => return Ok(Next::Over),
                Some(step) if step.more => return Ok(Next::Again),
                Some(_) => {}
            }
        }
        self.enter(app, row, Phase::Watch, None).await
    }

    /// Waits for the outcomes of the canary.
    async fn watch(&mut self, app: &App, row: &OperationRow) -> anyhow::Result<Next> {
        let tick = Next::After(self.kind.rules().tick);
        let Some(outcomes) = self.count(app, row).await? else {
            return Ok(tick);
        };
        let (failed, known) = unforgiven(row, outcomes);
        let canary = known + outcomes.unknown;
        if is_too_many(row, failed, canary) {
            let note = self.kind.stop_note(row, failed, canary);
            return self.end(app, row, OperationState::Stopped, Some(&note)).await;
        }
        if outcomes.unknown <= 0 {
            return match self.kind.judge(app, row).await? {
                Judgement::Ramp => self.enter(app, row, Phase::Ramp, None).await,
                Judgement::Passed => self.enter(app, row, Phase::Ramp, Some("resume")).await,
                Judgement::Ask(note) => self.end(app, row, OperationState::Waiting, Some(&note)).await,
            };
        }
        match self.kind.overdue_note(row, outcomes.unknown) {
            Some(note) => self.end(app, row, OperationState::Stopped, Some(&note)).await,
            None => Ok(tick),
        }
    }

    async fn ramp(&mut self, app: &App, row: &OperationRow) -> anyhow::Result<Next> {
        if let Some(outcomes) = self.count(app, row).await? {
            let (failed, known) = unforgiven(row, outcomes);
            if known >= ENOUGH && is_too_many(row, failed, known) {
                let note = self.kind.stop_note(row, failed, known);
                return self.end(app, row, OperationState::Stopped, Some(&note)).await;
            }
        }
        let (now, limit) = (Instant::now(), row.limits.rate_per_second);
        let throttle = self.throttle.get_or_insert_with(|| Throttle::new(limit, now));
        throttle.set_limit(limit, now);
        let mut allowed = throttle.allowed(now).min(MAX_STEP);
        if allowed > 0 {
            allowed = allowed.min(self.kind.room(app, row).await?);
        }
        if allowed == 0 {
            return Ok(Next::After(self.kind.rules().tick));
        }
        match self.act(app, row, allowed).await? {
            None => Ok(Next::Over),
            Some(step) if step.more && step.taken == MAX_STEP => Ok(Next::Again),
            Some(step) if step.more => Ok(Next::After(self.kind.rules().tick)),
            Some(_) => {
                self.passes += 1;
                let is_last = self.passes >= self.kind.rules().passes;
                self.enter(app, row, if is_last { Phase::Settle } else { Phase::Ramp }, None)
                    .await
            }
        }
    }

    /// Waits for the last outcomes.
    async fn settle(&mut self, app: &App, row: &OperationRow) -> anyhow::Result<Next> {
        if let Some(Outcomes { unknown, .. }) = self.count(app, row).await? {
            if unknown <= 0 {
                return self.end(app, row, OperationState::Done, None).await;
            }
            if let Some(note) = self.kind.overdue_note(row, unknown) {
                return self.end(app, row, OperationState::Done, Some(&note)).await;
            }
        }
        Ok(Next::After(self.kind.rules().tick))
    }

    /// Counts the outcomes and notes the rate, when it is time to.
    async fn count(&mut self, app: &App, row: &OperationRow) -> anyhow::Result<Option<Outcomes>> {
        if self.counted_at.is_some_and(|at| at.elapsed() < self.count_every) {
            return Ok(None);
        }
        let started = Instant::now();
        let outcomes = self.kind.outcomes(app, row).await?;
        let rate = self.meter.rate(row.acted, started);
        if self.rated_at.is_none_or(|at| at.elapsed() >= RATE_EVERY) && rate.total_cmp(&row.rate).is_ne() {
            queries::note_rate(&app.db, self.id, rate).await?;
            self.rated_at = Some(started);
        }
        self.counted_at = Some(Instant::now());
        self.count_every = self.kind.rules().count_every.max(started.elapsed() * 10);
        Ok(Some(outcomes))
    }

    /// Acts on some entries. `None`: the operation was changed meanwhile, or is not ours to run.
    async fn act(&mut self, app: &App, seen: &OperationRow, limit: u64) -> anyhow::Result<Option<Step>> {
        let Some((mut tx, mut row)) = self.lock(app, seen).await? else {
            return Ok(None);
        };
        let step = self.kind.act(app, &mut tx, &row, limit).await?;
        row.advance(&step);
        queries::save(&mut tx, &row).await?;
        tx.commit().await?;
        if let Some(throttle) = &mut self.throttle {
            throttle.spend(step.taken);
        }
        Ok(Some(step))
    }

    /// Begins a phase, and records that as an act when it is one.
    async fn enter(&self, app: &App, seen: &OperationRow, phase: Phase, act: Option<&str>) -> anyhow::Result<Next> {
        let Some((mut tx, mut row)) = self.lock(app, seen).await? else {
            return Ok(Next::Over);
        };
        service::enter(&mut tx, self.kind, &mut row, phase).await?;
        queries::save(&mut tx, &row).await?;
        if let Some(act) = act {
            service::record(&mut tx, self.kind, &Actor::current(), act, &row).await?;
        }
        tx.commit().await?;
        Ok(Next::Again)
    }

    /// Ends the run by itself: it is done, can not go on, or waits for an operator.
    async fn end(
        &self,
        app: &App,
        seen: &OperationRow,
        state: OperationState,
        note: Option<&str>,
    ) -> anyhow::Result<Next> {
        let Some((mut tx, mut row)) = self.lock(app, seen).await? else {
            return Ok(Next::Over);
        };
        let gone = row.remaining();
        if state == OperationState::Done && gone > 0 {
            *row.left_out.entry(self.kind.rules().gone.to_owned()).or_default() += gone;
        }
        row.set_state(state, note);
        queries::save(&mut tx, &row).await?;
        let name = self.kind.state_name(&row);
        service::record(&mut tx, self.kind, &Actor::current(), name, &row).await?;
        service::notify(&mut tx).await?;
        tx.commit().await?;
        if let Some(note) = note {
            tracing::warn!(operation.id = %self.id, "the {} is {name}: {note}", self.kind.rules().noun);
        }
        self.kind.ended(app);
        Ok(Next::Over)
    }

    /// Locks the operation in a transaction. `None`: it is not as it was seen, or another process holds the lease.
    async fn lock<'a>(
        &self,
        app: &'a App,
        seen: &OperationRow,
    ) -> sqlx::Result<Option<(Transaction<'a, Postgres>, OperationRow)>> {
        let mut tx = app.db.begin().await?;
        let row = queries::lock(&mut tx, self.id).await?;
        let as_seen = row.filter(|row| (row.state, row.phase, row.run) == (seen.state, seen.phase, seen.run));
        match as_seen {
            Some(row) if leases::is_held(&mut tx, &self.lease).await? => Ok(Some((tx, row))),
            _ => Ok(None),
        }
    }
}

/// Failures and known outcomes, without those that an operator has forgiven.
fn unforgiven(row: &OperationRow, outcomes: Outcomes) -> (i64, i64) {
    let failed = outcomes.failed - row.forgiven_refailed;
    (failed, outcomes.succeeded - row.forgiven_succeeded + failed)
}

fn is_too_many(row: &OperationRow, failed: i64, known: i64) -> bool {
    failed * 100 > i64::from(row.limits.stop_at_percent) * known
}
