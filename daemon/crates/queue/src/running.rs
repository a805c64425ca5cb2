//! The jobs that run now. Each process reports its own to the database, so that every process can show all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use tradepost_common::queues::RunningJob;
use tradepost_common::uploads::upload_of;

use crate::attempts::subject;
use crate::message::Message;

/// Jobs that take less are not reported.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Jobs of a process that are reported.
const MAX_JOBS: usize = 100;

/// The running jobs of one process.
#[derive(Debug, Clone, Default)]
pub struct RunningSet {
    state: Arc<Mutex<RunningState>>,
}

#[derive(Debug, Default)]
struct RunningState {
    next: u64,
    jobs: BTreeMap<u64, RunningJob>,
}

/// Keeps a job in the set until dropped.
#[derive(Debug)]
pub struct RunningGuard {
    key: u64,
    set: RunningSet,
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.set.lock().jobs.remove(&self.key);
    }
}

impl RunningSet {
    /// The handler of the message starts now.
    pub fn start(&self, message: &Message, worker: &str) -> RunningGuard {
        let queue = message.queue().as_str();
        let job = message.payload.get("job").and_then(serde_json::Value::as_str);
        let job = RunningJob {
            message_id: message.id(),
            queue: queue.to_owned(),
            job: job.unwrap_or(queue).to_owned(),
            file: subject(&message.payload).map(str::to_owned),
            upload_id: upload_of(queue, message.correlation_id),
            lane: message.lane(),
            attempt: message.attempt,
            run: message.redrives + 1,
            worker: worker.to_owned(),
            started_at: OffsetDateTime::now_utc(),
        };
        let mut state = self.lock();
        let key = state.next;
        state.next += 1;
        state.jobs.insert(key, job);
        RunningGuard { key, set: self.clone() }
    }

    /// Those that began before, the longest running first.
    fn since(&self, before: OffsetDateTime) -> Vec<RunningJob> {
        let state = self.lock();
        let jobs = state.jobs.values().filter(|job| job.started_at <= before);
        jobs.take(MAX_JOBS).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, RunningState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the jobs of this process every second while there are some, until `stop` is cancelled.
pub async fn report(db: PgPool, set: RunningSet, worker: String, stop: CancellationToken) -> anyhow::Result<()> {
    let reporting = async {
        let mut reported = Vec::new();
        loop {
            tokio::time::sleep(REPORT_INTERVAL).await;
            let jobs = set.since(OffsetDateTime::now_utc() - REPORT_INTERVAL);
            if jobs.is_empty() && reported.is_empty() {
                continue;
            }
            match upsert(&db, &worker, &jobs).await {
                Ok(()) => reported = jobs,
                Err(error) => tracing::warn!(%error, "could not report running jobs"),
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = reporting => {}
    }
    if let Err(error) = delete(&db, &worker).await {
        tracing::warn!(%error, "could not remove the report of running jobs");
    }
    Ok(())
}

async fn upsert(db: &PgPool, worker: &str, jobs: &[RunningJob]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into running_jobs (worker, jobs) values ($1, $2)
        on conflict (worker) do update set jobs = excluded.jobs, reported_at = now()
        "#,
        worker,
        Json(jobs) as _
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes those too that have not been renewed for a day.
async fn delete(db: &PgPool, worker: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from running_jobs where worker = $1 or reported_at < now() - interval '1 day'",
        worker
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The running jobs of all processes, the longest running first.
pub async fn list(db: &PgPool) -> sqlx::Result<Vec<RunningJob>> {
    let reports =
        sqlx::query_scalar!("select jobs from running_jobs where reported_at > now() - interval '40 seconds'")
            .fetch_all(db)
            .await?;
    // A process of another release may report in other words.
    let reports = reports.into_iter().map(serde_json::from_value::<Vec<RunningJob>>);
    let mut jobs: Vec<_> = reports.filter_map(Result::ok).flatten().collect();
    jobs.sort_by_key(|job| job.started_at);
    Ok(jobs)
}
