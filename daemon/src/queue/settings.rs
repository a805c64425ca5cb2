//! What operators decided about queues: pauses and concurrency. Kept in the database, so that it survives a restart
//! and holds on every machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::QueueName;
use super::wake::{SETTINGS, WAKE_CHANNEL, Wake};

/// Read again this often, should the news of a change be lost.
const POLL: Duration = Duration::from_secs(5);

/// What was decided about one queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    pub paused_by: Option<String>,
    /// Handlers at once, instead of what is configured.
    pub concurrency: Option<u32>,
    pub concurrency_by: Option<String>,
}

/// What was decided about all queues; one that is missing runs as configured.
pub type Settings = BTreeMap<QueueName, Setting>;

/// Keeps `settings` as the database has them until `stop` is cancelled.
///
/// # Errors
/// Never: a database that is away is asked again.
pub async fn run(
    db: PgPool,
    wake: Arc<Wake>,
    settings: watch::Sender<Settings>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let watching = async {
        loop {
            let changed = wake.settings_changed();
            match read(&db).await {
                Ok(new) => {
                    settings.send_if_modified(|old| std::mem::replace(old, new.clone()) != new);
                }
                Err(error) => tracing::warn!(%error, "can not read the settings of the queues"),
            }
            // Whatever happened: after the next change or poll.
            let _ = tokio::time::timeout(POLL, changed).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = watching => Ok(()),
    }
}

/// All that was decided.
///
/// # Errors
/// When the database does not answer.
pub async fn read(db: &PgPool) -> sqlx::Result<Settings> {
    let rows = sqlx::query!("select queue, paused_by, concurrency, concurrency_by from queue_settings")
        .fetch_all(db)
        .await?;
    let known = rows.into_iter().filter_map(|row| {
        let setting = Setting {
            paused_by: row.paused_by,
            concurrency: row.concurrency.map(i32::unsigned_abs),
            concurrency_by: row.concurrency_by,
        };
        Some((QueueName::parse(&row.queue)?, setting))
    });
    Ok(known.collect())
}

/// Pauses (`Some(actor)`) or resumes a queue in the caller's transaction and tells its workers.
///
/// # Errors
/// When the database does not answer.
pub async fn set_paused(tx: &mut PgConnection, queue: QueueName, paused_by: Option<&str>) -> sqlx::Result<()> {
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
    tell(tx).await
}

/// Sets how many handlers run at once (`None`: as configured) in the caller's transaction and tells the workers.
///
/// # Errors
/// When the database does not answer.
pub async fn set_concurrency(
    tx: &mut PgConnection,
    queue: QueueName,
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
    tell(tx).await
}

async fn tell(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_notify($1, $2)", WAKE_CHANNEL, SETTINGS)
        .execute(tx)
        .await?;
    Ok(())
}

/// Says every 15 s that this process works, and at the end that it does no longer.
///
/// # Errors
/// Never.
pub async fn announce(db: PgPool, worker: String, stop: CancellationToken) -> anyhow::Result<()> {
    let announcing = async {
        loop {
            if let Err(error) = tell_alive(&db, &worker, &QueueName::ALL).await {
                tracing::warn!(%error, "could not say that this worker is alive");
            }
            tokio::time::sleep(Duration::from_secs(15)).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = announcing => {}
    }
    if let Err(error) = tell_gone(&db, &worker).await {
        tracing::warn!(%error, "could not say that this worker is gone");
    }
    Ok(())
}

async fn tell_alive(db: &PgPool, worker: &str, queues: &[QueueName]) -> sqlx::Result<()> {
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

/// Forgets those too that have not been seen for a day.
async fn tell_gone(db: &PgPool, worker: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from queue_workers where worker = $1 or seen_at < now() - interval '1 day'",
        worker
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many processes work on each queue.
///
/// # Errors
/// When the database does not answer.
pub async fn workers(db: &PgPool) -> sqlx::Result<BTreeMap<String, u32>> {
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
