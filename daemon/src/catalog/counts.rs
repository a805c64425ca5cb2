//! Writes counts down and adds them up, for the orders of lists and the rank in the search.
//!
//! Popularity is a sum of weighed events that halves in 30 days. It is kept as a logarithm of what it was on a fixed day, so that time
//! changes no row and no order: an event adds to the logarithm.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tradepost_common::sales::Product;

use crate::app::App;
use crate::counters::Seen;

/// A daemon that is killed loses the views and downloads of this time at most.
const FLUSH_EVERY: Duration = Duration::from_secs(3);
/// Rows that are added up at once.
const BATCH: i32 = 10_000;
/// The search ranks by doublings of the popularity as of now: they fall while nothing happens.
const AGE_EVERY: Duration = Duration::from_secs(3_600);
const AGED_AT_ONCE: i32 = 5_000;

/// Flushes and adds up until `stop` is cancelled, and once more.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = interval(FLUSH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut aged = Instant::now();
    loop {
        let is_last = tokio::select! {
            () = stop.cancelled() => true,
            _ = ticks.tick() => false,
        };
        if let Err(error) = flush(&app).await {
            tracing::warn!(%error, "could not write down views and downloads; they are kept");
        }
        if is_last {
            return Ok(());
        }
        if let Err(error) = add_up(&app.db).await {
            tracing::warn!(%error, "could not add up counts");
        }
        if aged.elapsed() >= AGE_EVERY {
            match age(&app.db).await {
                // The rest comes at the next tick.
                Ok(aged_now) if aged_now >= AGED_AT_ONCE => {}
                Ok(_) => aged = Instant::now(),
                Err(error) => tracing::warn!(%error, "could not let popularity fall"),
            }
        }
    }
}

async fn flush(app: &App) -> sqlx::Result<()> {
    let counts = app.counts.take();
    if counts.is_empty() {
        return Ok(());
    }
    let written = insert_deltas(&app.db, &counts).await;
    if written.is_err() {
        counts
            .into_iter()
            .for_each(|(product, seen)| app.counts.add(product, seen));
    }
    written
}

async fn insert_deltas(db: &PgPool, counts: &HashMap<Product, Seen>) -> sqlx::Result<()> {
    let column = |value: fn(&Seen) -> i32| counts.values().map(value).collect::<Vec<_>>();
    let kinds: Vec<_> = counts.keys().map(|product| product.kind.as_str().to_owned()).collect();
    let ids: Vec<_> = counts.keys().map(|product| product.id).collect();
    sqlx::query!(
        r#"
        insert into count_deltas (product, id, views, downloads)
        select product, id, views, downloads from unnest($1::text[], $2::uuid[], $3::int4[], $4::int4[])
            as seen (product, id, views, downloads)
        "#,
        &kinds,
        &ids,
        &column(|seen| seen.views),
        &column(|seen| seen.downloads)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Adds up what all machines wrote down; one of them at a time.
async fn add_up(db: &PgPool) -> sqlx::Result<()> {
    let mut added = BATCH;
    while added == BATCH {
        added = sqlx::query_scalar!(r#"select add_up_counts($1) as "added!""#, BATCH)
            .fetch_one(db)
            .await?;
    }
    Ok(())
}

async fn age(db: &PgPool) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"select age_buckets($1) as "aged!""#, AGED_AT_ONCE)
        .fetch_one(db)
        .await
}
