//! Registration and heartbeat of this machine; draining of any.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgConnection;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tradepost_common::audit::AuditAct;
use tradepost_common::machines::Machine;
use tradepost_common::text::Text;
use tradepost_leases as leases;
use tradepost_queue::notification;

use super::queries::{self, Beat, Found};
use crate::app::{App, Duty, MACHINES};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::telemetry::process::ProcessMeter;

/// Long before the others call a machine silent.
const BEAT: Duration = Duration::from_secs(3);
/// The last beat: the database may be gone already.
const FAREWELL: Duration = Duration::from_secs(2);

/// Registers this machine under the first name that no other living one has, before it takes on anything: it may be drained.
pub async fn register(app: &App) -> anyhow::Result<String> {
    let id = app.search.projection;
    queries::forget_old(&app.db).await?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let wanted = app.config.daemon.name.clone();
    let former = match wanted {
        Some(_) => None,
        None => queries::name_of(&app.db, id).await?,
    };
    let wanted = wanted.unwrap_or_else(|| host.trim().chars().take(63).collect());
    let other = format!("{wanted}-{}", &id.simple().to_string()[..8]);
    for name in former.into_iter().chain([wanted.clone(), other]) {
        let Some(drained) = queries::claim(app, id, &name).await? else {
            continue;
        };
        if name != wanted {
            tracing::warn!(
                name,
                wanted,
                "another machine has the name of this one; set daemon.name"
            );
        }
        app.duty
            .send_replace(if drained { Duty::Drained } else { Duty::Serving });
        return Ok(name);
    }
    anyhow::bail!("another machine is called {wanted}: set daemon.name")
}

/// Says every few seconds that this machine lives, and follows what operators decide about it, until `stop` is cancelled.
pub async fn run(app: Arc<App>, name: String, stop: CancellationToken) -> anyhow::Result<()> {
    let meter = ProcessMeter::default();
    loop {
        let turned = app.notifier.notified(MACHINES);
        match beat(&app, &name, &meter).await {
            Ok(()) => {}
            Err(error) => tracing::warn!(error = format!("{error:#}"), "could not say that this machine lives"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = turned => {}
            () = sleep(BEAT) => {}
        }
    }
    app.duty.send_replace(Duty::Stopping);
    // An error: the others find out by themselves.
    let _ = timeout(FAREWELL, beat(&app, &name, &meter)).await;
    Ok(())
}

async fn beat(app: &App, name: &str, meter: &ProcessMeter) -> anyhow::Result<()> {
    let beat = Beat {
        name,
        worker: &app.worker,
        stopping: *app.duty.borrow() == Duty::Stopping,
        load_average: load_average(),
        cpu_cores: meter.cpu_cores(),
    };
    let drained = match queries::beat(&app.db, &beat).await? {
        Some(drained) => drained,
        // It was silent for so long that it was forgotten, or another one took its name.
        None => queries::claim(app, app.search.projection, name)
            .await?
            .with_context(|| format!("another machine is called {name} by now: set daemon.name"))?,
    };
    let decided = if drained { Duty::Drained } else { Duty::Serving };
    let has_changed = app.duty.send_if_modified(|duty| {
        let changes = *duty != Duty::Stopping && *duty != decided;
        if changes {
            *duty = decided;
        }
        changes
    });
    if has_changed {
        tracing::info!(name, drained, "an operator decided about this machine");
    }
    Ok(())
}

fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split(' ').next().and_then(|first| first.parse().ok());
    first.unwrap_or_default()
}

/// Drains a machine. Its leases are free at once.
pub async fn drain(app: &App, actor: &Actor, name: &str, reason: &Text<200>) -> ApiResult<Machine> {
    let mut tx = app.db.begin().await?;
    let Found { worker, drained } = queries::find(&mut tx, name)
        .await?
        .ok_or(ApiError::NotFound("machine"))?;
    if drained {
        return Err(ApiError::conflict(
            "machine-drained",
            format!("{name} is drained already."),
        ));
    }
    queries::drain(&mut tx, name, &actor.user, reason.as_str()).await?;
    leases::release(&mut *tx, &worker).await?;
    turned(&mut tx, actor, AuditAct::MachineDrain, name, reason).await?;
    tx.commit().await?;
    view(app, name).await
}

/// Lets a drained machine work again.
pub async fn resume(app: &App, actor: &Actor, name: &str, reason: &Text<200>) -> ApiResult<Machine> {
    let mut tx = app.db.begin().await?;
    let found = queries::find(&mut tx, name)
        .await?
        .ok_or(ApiError::NotFound("machine"))?;
    if !found.drained {
        return Err(ApiError::conflict(
            "machine-not-drained",
            format!("{name} is not drained."),
        ));
    }
    queries::resume(&mut tx, name).await?;
    turned(&mut tx, actor, AuditAct::MachineResume, name, reason).await?;
    tx.commit().await?;
    view(app, name).await
}

async fn turned(
    tx: &mut PgConnection,
    actor: &Actor,
    act: AuditAct,
    name: &str,
    reason: &Text<200>,
) -> sqlx::Result<()> {
    let detail = serde_json::json!({ "reason": reason });
    audit::record(tx, actor, act, &format!("machine:{name}"), detail).await?;
    notification::notify(tx, MACHINES).await
}

async fn view(app: &App, name: &str) -> ApiResult<Machine> {
    let mut machines = queries::list(&app.db).await?.into_iter();
    machines
        .find(|machine| machine.name == name)
        .ok_or(ApiError::NotFound("machine"))
}
