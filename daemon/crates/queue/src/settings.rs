//! Pauses and concurrency that operators set. Rows of PostgreSQL: they survive a restart and hold on every machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::message::Queue;
use crate::notification::{self, Notifier, SETTINGS};

/// The poll interval, should a notification be lost.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
const REGISTER_INTERVAL: Duration = Duration::from_secs(15);

/// The settings of one queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    pub paused_by: Option<String>,
    /// Handlers at once, instead of the configured number.
    pub concurrency: Option<u32>,
    pub concurrency_by: Option<String>,
}

/// The settings of all queues; a missing one runs as configured.
pub type Settings = BTreeMap<Queue, Setting>;

/// Keeps `settings` up to date until `stop` is cancelled.
pub async fn run(
    db: PgPool,
    queues: &'static [Queue],
    notifier: Arc<Notifier>,
    settings: watch::Sender<Settings>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let watching = async {
        loop {
            let changed = notifier.notified(SETTINGS);
            match read(&db, queues).await {
                Ok(new) => {
                    settings.send_if_modified(|old| std::mem::replace(old, new.clone()) != new);
                }
                Err(error) => tracing::warn!(%error, "cannot read the settings of the queues"),
            }
            // A timeout is the poll.
            let _ = tokio::time::timeout(POLL_INTERVAL, changed).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = watching => Ok(()),
    }
}

/// Reads the settings of all queues.
pub async fn read(db: &PgPool, queues: &[Queue]) -> sqlx::Result<Settings> {
    let rows = sqlx::query!("select queue, paused_by, concurrency, concurrency_by from queue_settings")
        .fetch_all(db)
        .await?;
    let known = rows.into_iter().filter_map(|row| {
        let setting = Setting {
            paused_by: row.paused_by,
            concurrency: row.concurrency.map(i32::unsigned_abs),
            concurrency_by: row.concurrency_by,
        };
        Some((Queue::parse(&row.queue, queues)?, setting))
    });
    Ok(known.collect())
}

/// Pauses (`Some(actor)`) or resumes a queue in the caller's transaction and notifies its workers.
pub async fn set_paused(tx: &mut PgConnection, queue: Queue, paused_by: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into queue_settings (queue, paused_by, paused_at) values ($1, $2, case when $2::text is null then null else now() end)
        on conflict (queue) do update set paused_by = excluded.paused_by, paused_at = excluded.paused_at
        "#,
        queue.as_str(),
        paused_by
    )
    .execute(&mut *tx)
    .await?;
    notification::notify(tx, SETTINGS).await
}

/// Sets the handlers that run at once (`None`: as configured) in the caller's transaction and notifies the workers.
pub async fn set_concurrency(
    tx: &mut PgConnection,
    queue: Queue,
    concurrency: Option<u32>,
    by: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into queue_settings (queue, concurrency, concurrency_by) values ($1, $2, $3)
        on conflict (queue) do update set concurrency = excluded.concurrency, concurrency_by = excluded.concurrency_by
        "#,
        queue.as_str(),
        concurrency.map(u32::cast_signed),
        concurrency.map(|_| by)
    )
    .execute(&mut *tx)
    .await?;
    notification::notify(tx, SETTINGS).await
}

/// Registers this process as a worker every 15 s, and removes it at the end.
pub async fn register_worker(
    db: PgPool,
    queues: &'static [Queue],
    worker: String,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let registering = async {
        loop {
            if let Err(error) = upsert_worker(&db, &worker, queues).await {
                tracing::warn!(%error, "could not register this worker");
            }
            tokio::time::sleep(REGISTER_INTERVAL).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = registering => {}
    }
    if let Err(error) = delete_worker(&db, &worker).await {
        tracing::warn!(%error, "could not remove the registration of this worker");
    }
    Ok(())
}

async fn upsert_worker(db: &PgPool, worker: &str, queues: &[Queue]) -> sqlx::Result<()> {
    let queues: Vec<String> = queues.iter().map(|queue| queue.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        insert into queue_workers (worker, queue) select $1, queue from unnest($2::text[]) as queue
        on conflict (worker, queue) do update set seen_at = now()
        "#,
        worker,
        &queues
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes those too that have not been seen for a day.
async fn delete_worker(db: &PgPool, worker: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from queue_workers where worker = $1 or seen_at < now() - interval '1 day'",
        worker
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts the processes that work on each queue.
pub async fn count_workers(db: &PgPool) -> sqlx::Result<BTreeMap<String, u32>> {
    let rows = sqlx::query!(
        r#"select queue, count(*)::int4 as "workers!" from queue_workers where seen_at > now() - interval '40 seconds' group by queue"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.queue, row.workers.unsigned_abs()))
        .collect())
}
