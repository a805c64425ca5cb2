//! Runs the operations that are planned or running, in one process at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationState, Phase};

use super::act::Step;
use super::pacer::Pacer;
use super::queries::{self, Row};
use super::{act, plan, service};
use tradepost_leases::{self as leases, Lease};

use crate::app::{App, OPERATIONS};
use crate::audit::Actor;

const LEASE: Duration = Duration::from_secs(15);
/// The lease is renewed, and operations are looked for, this often.
const LOOK: Duration = Duration::from_secs(3);
/// Operations that run at once; the others wait.
const AT_ONCE: i64 = 8;
/// Messages of one step at most.
const STEP: u64 = 1_000;
/// A running operation acts this often.
const TICK: Duration = Duration::from_millis(50);
/// Outcomes are counted this often, or as seldom as that costs a tenth of the time.
const COUNT_EVERY: Duration = Duration::from_millis(500);
/// Outcomes that are known before their failures stop an operation, beyond the canary.
const ENOUGH: i64 = 10;
/// The last outcomes are waited for this long.
const SETTLE: time::Duration = time::Duration::minutes(10);
/// What is neither acted on nor left out when all is done.
const GONE: &str = "redriven, given up or dead again since the plan";

/// Runs operations while this process holds their lease, until `stop` is cancelled.
///
/// # Errors
/// Never: a database that is away is waited for.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut driving = JoinSet::new();
    let mut driven = HashMap::new();
    loop {
        let changed = app.notifier.notified(OPERATIONS);
        match look(&app).await {
            Ok(Some((lease, moving))) => {
                for id in moving {
                    if !driven.values().any(|other| *other == id) {
                        let handle = driving.spawn(drive(app.clone(), id, lease.clone()));
                        driven.insert(handle.id(), id);
                    }
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "can not look for operations"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = changed => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(ended) = driving.join_next_with_id() => {
                let id = match ended {
                    Ok((id, ())) => id,
                    Err(error) => {
                        tracing::error!(%error, "an operation's task panicked");
                        error.id()
                    }
                };
                driven.remove(&id);
            }
        }
    }
    // Each step is a transaction: what is cut off here has not happened.
    driving.shutdown().await;
    Ok(())
}

async fn look(app: &App) -> sqlx::Result<Option<(Lease, Vec<OperationId>)>> {
    let Some(lease) = leases::hold(&app.db, "operations", &app.worker, LEASE).await? else {
        return Ok(None);
    };
    for id in queries::resting(&app.db, AT_ONCE).await? {
        queries::count_outcomes(&app.db, id, 0.0).await?;
    }
    Ok(Some((lease, queries::moving(&app.db, AT_ONCE).await?)))
}

/// What comes after a step.
enum Next {
    Again,
    After(Duration),
    Over,
}

/// One operation while this process runs it.
struct Run {
    id: OperationId,
    lease: Lease,
    pacer: Option<Pacer>,
    counted_at: Option<Instant>,
    count_every: Duration,
    /// All were looked at once; the second look finds what somebody else had locked and let go.
    swept: bool,
}

async fn drive(app: Arc<App>, id: OperationId, lease: Lease) {
    let mut run = Run {
        id,
        lease,
        pacer: None,
        counted_at: None,
        count_every: COUNT_EVERY,
        swept: false,
    };
    loop {
        match run.step(&app).await {
            Ok(Next::Again) => {}
            Ok(Next::After(wait)) => tokio::time::sleep(wait).await,
            Ok(Next::Over) => return,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(operation.id = %id, error, "a step of an operation failed, it is tried again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

impl Run {
    async fn step(&mut self, app: &App) -> anyhow::Result<Next> {
        let Some(row) = queries::find(&app.db, self.id).await? else {
            return Ok(Next::Over);
        };
        match (row.operation.state, row.operation.phase) {
            (OperationState::Planning, _) => Ok(match plan::step(app, self.id, &self.lease).await? {
                true => Next::Again,
                false => Next::Over,
            }),
            (OperationState::Running, Some(Phase::Canary)) => self.canary(app, &row.operation).await,
            (OperationState::Running, Some(Phase::Watch)) => self.watch(app, &row).await,
            (OperationState::Running, Some(Phase::Ramp)) => self.ramp(app, &row).await,
            (OperationState::Running, Some(Phase::Settle)) => self.settle(app, &row).await,
            _ => Ok(Next::Over),
        }
    }

    async fn canary(&mut self, app: &App, operation: &Operation) -> anyhow::Result<Next> {
        let left = i64::from(operation.pace.canary) - operation.acted;
        if left > 0
            && let Step::Acted(_) | Step::Over = act::step(app, self.id, &self.lease, left.unsigned_abs()).await?
        {
            return Ok(Next::Again);
        }
        self.enter(app, Phase::Watch).await
    }

    /// Waits for the outcome of the canary.
    async fn watch(&mut self, app: &App, row: &Row) -> anyhow::Result<Next> {
        let operation = &row.operation;
        let (succeeded, refailed) = queries::count_outcomes(&app.db, self.id, 0.0).await?;
        let (sent, stop_at) = (operation.acted, i64::from(operation.pace.stop_at_percent));
        if refailed * 100 > stop_at * sent {
            let note = format!("{refailed} of the canary's {sent} messages failed again");
            return self.stop(app, &note).await;
        }
        if succeeded + refailed >= sent {
            return self.enter(app, Phase::Ramp).await;
        }
        let wait = time::Duration::seconds(operation.pace.canary_wait_seconds.into());
        if row.phase_at.is_some_and(|at| OffsetDateTime::now_utc() - at > wait) {
            let unknown = sent - succeeded - refailed;
            let note = format!(
                "the outcome of {unknown} of the canary's {sent} messages is not known after {} s: is their queue paused or behind?",
                wait.whole_seconds()
            );
            return self.stop(app, &note).await;
        }
        Ok(Next::After(Duration::from_millis(250)))
    }

    async fn ramp(&mut self, app: &App, row: &Row) -> anyhow::Result<Next> {
        let limit = row.operation.pace.rate_per_second;
        let pacer = self.pacer.get_or_insert_with(|| Pacer::new(limit, Instant::now()));
        pacer.set_limit(limit);
        let allowed = pacer.allowed(Instant::now());
        if allowed > 0 {
            match act::step(app, self.id, &self.lease, allowed.min(STEP)).await? {
                Step::Acted(acted) => pacer.spent(acted, Instant::now()),
                Step::Over => return Ok(Next::Over),
                Step::Exhausted if !self.swept => {
                    self.swept = true;
                    return self.enter(app, Phase::Ramp).await;
                }
                Step::Exhausted if row.operation.kind.sends() => return self.enter(app, Phase::Settle).await,
                Step::Exhausted => return self.finish(app, None).await,
            }
        }
        if let Some((succeeded, refailed)) = self.count(app).await?
            && let Some(note) = too_many(row, succeeded, refailed)
        {
            return self.stop(app, &note).await;
        }
        Ok(if allowed > STEP { Next::Again } else { Next::After(TICK) })
    }

    /// Waits for the last outcomes.
    async fn settle(&mut self, app: &App, row: &Row) -> anyhow::Result<Next> {
        if let Some((succeeded, refailed)) = self.count(app).await? {
            let unknown = row.operation.acted - succeeded - refailed;
            if unknown <= 0 {
                return self.finish(app, None).await;
            }
            if row.phase_at.is_some_and(|at| OffsetDateTime::now_utc() - at > SETTLE) {
                let note = format!("the outcome of {unknown} messages is not known yet");
                return self.finish(app, Some(&note)).await;
            }
        }
        Ok(Next::After(TICK * 4))
    }

    /// Counts the outcomes when it is time to.
    async fn count(&mut self, app: &App) -> sqlx::Result<Option<(i64, i64)>> {
        if self.counted_at.is_some_and(|at| at.elapsed() < self.count_every) {
            return Ok(None);
        }
        let started = Instant::now();
        let rate = self.pacer.as_mut().map_or(0.0, |pacer| pacer.rate(started));
        let counted = queries::count_outcomes(&app.db, self.id, rate).await?;
        self.counted_at = Some(Instant::now());
        self.count_every = COUNT_EVERY.max(started.elapsed() * 10);
        Ok(Some(counted))
    }

    async fn enter(&mut self, app: &App, phase: Phase) -> anyhow::Result<Next> {
        let mut tx = app.db.begin().await?;
        let Some(row) = queries::lock(&mut tx, self.id).await? else {
            return Ok(Next::Over);
        };
        if row.operation.state != OperationState::Running || !leases::is_held(&mut tx, &self.lease).await? {
            return Ok(Next::Over);
        }
        queries::set_phase(&mut tx, self.id, phase).await?;
        tx.commit().await?;
        Ok(Next::Again)
    }

    /// The operation stops by itself; an operator may resume it.
    async fn stop(&self, app: &App, note: &str) -> anyhow::Result<Next> {
        tracing::warn!(operation.id = %self.id, "an operation stopped: {note}");
        self.end(app, OperationState::Stopped, Some(note)).await
    }

    async fn finish(&self, app: &App, note: Option<&str>) -> anyhow::Result<Next> {
        self.end(app, OperationState::Done, note).await
    }

    async fn end(&self, app: &App, state: OperationState, note: Option<&str>) -> anyhow::Result<Next> {
        let mut tx = app.db.begin().await?;
        let Some(mut row) = queries::lock(&mut tx, self.id).await? else {
            return Ok(Next::Over);
        };
        if row.operation.state != OperationState::Running || !leases::is_held(&mut tx, &self.lease).await? {
            return Ok(Next::Over);
        }
        let gone = row.operation.eligible() - row.operation.acted;
        if state == OperationState::Done && gone > 0 {
            row.reasons.insert(GONE.to_owned(), gone);
            queries::advance(&mut tx, self.id, row.position_seq, 0, 0, &row.reasons).await?;
        }
        queries::set_state(&mut tx, self.id, state, note).await?;
        row.operation.note = note.map(str::to_owned);
        let act = format!("operation.{}", state.as_str());
        service::audit_row(&mut tx, &Actor::current(), &act, &row.operation).await?;
        tx.commit().await?;
        // What was given up has settled uploads.
        app.changed.everything();
        Ok(Next::Over)
    }
}

/// Why an operation should stop, if it should. What an operator forgave does not count.
fn too_many(row: &Row, succeeded: i64, refailed: i64) -> Option<String> {
    let failed = refailed - row.forgiven_refailed;
    let known = succeeded - row.forgiven_succeeded + failed;
    let limit = i64::from(row.operation.pace.stop_at_percent);
    (known >= ENOUGH && failed * 100 > limit * known)
        .then(|| format!("{failed} of {known} known outcomes are failures: more than {limit} %"))
}
