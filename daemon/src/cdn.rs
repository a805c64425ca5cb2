//! Makes CloudFront forget pictures of what was withdrawn: it follows the feed of the catalogue as a search index does.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tradepost_leases as leases;
use uuid::Uuid;

use crate::app::App;
use crate::cloudfront::Invalidations;
use crate::search::service as search;

/// Its id in the feed.
const FOLLOWER: Uuid = Uuid::from_u128(0xc10d_f407_0000_4000_8000_0000_0000_0001);
const NAME: &str = "cloudfront";
/// One invalidation at most each time: CloudFront works on a few at once, and on 3,000 paths.
const EVERY: Duration = Duration::from_secs(5);
const LEASE: Duration = Duration::from_secs(30);
/// Items of a batch; each has some ten pictures.
const BATCH: i64 = 100;

/// Follows the feed until `stop` is cancelled, while this machine leads.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let Some(invalidations) = Invalidations::from_config(&app.config).await? else {
        return Ok(());
    };
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = ticks.tick() => {}
        }
        if let Err(error) = forget_next(&app, &invalidations).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "CloudFront may still have pictures that were withdrawn; it is tried again"
            );
        }
    }
}

/// The changes stay in the feed until CloudFront has taken the invalidation.
async fn forget_next(app: &App, invalidations: &Invalidations) -> anyhow::Result<()> {
    if leases::lead(&app.db, NAME, &app.worker, LEASE).await?.is_none() {
        return Ok(());
    }
    let changes = search::follow(&app.db, FOLLOWER, NAME, BATCH).await?;
    if changes.is_empty() {
        return Ok(());
    }
    let items: Vec<Uuid> = changes.iter().map(|change| change.item_id).collect();
    let paths = withdrawn_pictures(&app.db, &items).await?;
    if !paths.is_empty() {
        invalidations.create(&Uuid::new_v4().to_string(), &paths).await?;
        tracing::info!(paths = paths.len(), "CloudFront forgets pictures that were withdrawn");
    }
    let done: Vec<i64> = changes.iter().map(|change| change.id).collect();
    search::followed(&app.db, &done).await?;
    Ok(())
}

/// Paths of the pictures of those of these items that are not published.
async fn withdrawn_pictures(db: &PgPool, items: &[Uuid]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select distinct '/r/' || encode(rendition.sha256, 'hex') || '.' || rendition.format as "path!"
        from current_renditions rendition join items item on item.id = rendition.item_id and item.kind = rendition.kind
        where item.id = any($1) and item.state <> 'published' order by 1
        "#,
        items
    )
    .fetch_all(db)
    .await
}
