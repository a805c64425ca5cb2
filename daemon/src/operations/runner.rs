//! Runs the operations that are planned or running, in one process at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tradepost_common::operations::OperationState;
use tradepost_leases::{self as leases, Lease};

use super::kind::{self, Kind};
use super::queries;
use super::run::{Next, Run};
use crate::app::{App, OPERATIONS};

/// Another process goes on within ten seconds of the end of this one.
const LEASE: Duration = Duration::from_secs(7);
/// The lease is renewed, and operations are looked for, this often.
const LOOK: Duration = Duration::from_secs(3);
/// Operations of each kind that run at once; the others wait.
const AT_ONCE: i64 = 8;
/// Plans are looked through for expired ones, and old operations are deleted, this often.
const TIDY: Duration = Duration::from_secs(10);
/// The delay before a failed step is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Runs operations of these kinds while this process holds their lease, until `stop` is cancelled.
///
/// # Errors
/// Never: a database that is away is waited for.
pub async fn run(app: Arc<App>, kinds: Vec<&'static dyn Kind>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut tasks = Tasks::default();
    loop {
        let changed = app.notifier.notified(OPERATIONS);
        match look(&app, &kinds, &mut tasks).await {
            Ok(()) => {}
            Err(error) => tracing::warn!(error = format!("{error:#}"), "cannot look for operations"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = changed => {}
            () = tokio::time::sleep(LOOK) => {}
            () = tasks.next_end() => {}
        }
    }
    // Each step is a transaction: what is cut off here has not happened.
    tasks.set.shutdown().await;
    Ok(())
}

async fn look(app: &Arc<App>, kinds: &[&'static dyn Kind], tasks: &mut Tasks) -> anyhow::Result<()> {
    let Some(lease) = leases::lead(&app.db, "operations", &app.worker, LEASE).await? else {
        tasks.set.abort_all();
        return Ok(());
    };
    if tasks
        .epoch
        .replace(lease.epoch)
        .is_some_and(|epoch| epoch != lease.epoch)
    {
        // Another process has held it meanwhile.
        tasks.set.abort_all();
    }
    for row in queries::resting(&app.db, AT_ONCE).await? {
        if let Some(kind) = kind::find(kinds, &row.kind) {
            kind.outcomes(app, &row).await?;
        }
    }
    for kind in kinds {
        tasks.spawn(kind.rules().name, || do_chores(app.clone(), *kind, lease.clone()));
    }
    for row in queries::moving(&app.db, AT_ONCE).await? {
        if let Some(kind) = kind::find(kinds, &row.kind) {
            let run = Run::new(kind, row.id, lease.clone());
            tasks.spawn(&row.id.to_string(), || drive(app.clone(), run));
        }
    }
    Ok(())
}

/// The tasks of the runner, by name: the id of an operation, or a kind for its chores.
#[derive(Default)]
struct Tasks {
    set: JoinSet<()>,
    /// Epoch of the lease that they hold.
    epoch: Option<i64>,
    names: HashMap<Id, String>,
}

impl Tasks {
    /// Spawns a task unless one of this name runs.
    fn spawn<F: Future<Output = ()> + Send + 'static>(&mut self, name: &str, work: impl FnOnce() -> F) {
        if !self.names.values().any(|other| other == name) {
            let id = self.set.spawn(work()).id();
            self.names.insert(id, name.to_owned());
        }
    }

    /// Resolves when a task has ended; never without tasks.
    async fn next_end(&mut self) {
        let id = match self.set.join_next_with_id().await {
            None => return std::future::pending().await,
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                if error.is_panic() {
                    tracing::error!(%error, "an operation's task panicked");
                }
                error.id()
            }
        };
        self.names.remove(&id);
    }
}

async fn drive(app: Arc<App>, mut run: Run) {
    loop {
        match run.step(&app).await {
            Ok(Next::Again) => {}
            Ok(Next::After(wait)) => tokio::time::sleep(wait).await,
            Ok(Next::Over) => return,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(operation.id = %run.id, error, "a step of an operation failed, it is tried again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Does the chores of a kind, until it is aborted.
async fn do_chores(app: Arc<App>, kind: &'static dyn Kind, lease: Lease) {
    let mut tidied_at: Option<Instant> = None;
    loop {
        let changed = app.notifier.notified(OPERATIONS);
        let done = async {
            if tidied_at.is_none_or(|at| at.elapsed() >= TIDY) {
                tidy(&app, kind).await?;
                tidied_at = Some(Instant::now());
            }
            kind.chores(&app, &lease).await
        };
        let wait = done.await.unwrap_or_else(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                kind = kind.rules().name,
                "a chore of operations failed, it is tried again"
            );
            RETRY
        });
        tokio::select! {
            () = changed, if !wait.is_zero() => {}
            () = tokio::time::sleep(wait.min(TIDY)) => {}
        }
    }
}

/// Cancels plans that nobody started, deletes operations that ended long ago.
async fn tidy(app: &App, kind: &dyn Kind) -> anyhow::Result<()> {
    let (after, note) = kind.rules().plan_expires;
    for id in queries::expired_plans(&app.db, kind.rules().name, after).await? {
        let mut tx = app.db.begin().await?;
        let row = queries::lock(&mut tx, id).await?;
        if let Some(mut row) = row.filter(|row| row.state == OperationState::Planned) {
            row.set_state(OperationState::Cancelled, Some(note));
            queries::save(&mut tx, &row).await?;
            kind.cancelled(&mut tx, &row).await?;
            tx.commit().await?;
        }
    }
    if let Some(after) = kind.rules().delete_after {
        queries::delete_old(&app.db, kind.rules().name, after).await?;
    }
    Ok(())
}
