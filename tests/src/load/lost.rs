//! The writes that were acknowledged, looked for in the database.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Taken, Tally};

const SETTLED_WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Acknowledged writes that are not there, or that came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    pub orders: i64,
    pub carts: i64,
    pub uploads: i64,
}

impl Lost {
    /// Waits until everything has settled, and counts.
    pub async fn count(db: &PgPool, tally: &Tally) -> anyhow::Result<Self> {
        let ids = |taken: &[Taken]| taken.iter().map(|taken| taken.id).collect::<Vec<_>>();
        let (orders, carts, uploads) = (ids(&tally.orders), ids(&tally.carts), &tally.uploads);
        let settled = "select count(*) from uploads where id = any($1) and settled_at is not null";
        let paid = "select count(*) from orders where id = any($1) and settled_at is not null";
        until_all(db, settled, uploads).await?;
        until_all(db, paid, &orders).await?;
        let good = "select count(*) from uploads where id = any($1) and state in ('published', 'in_review')";
        let paid = "select count(*) from orders where id = any($1) and state = 'paid'";
        Ok(Self {
            orders: missing(db, paid, &orders).await?,
            carts: missing(db, "select count(*) from carts where id = any($1)", &carts).await?,
            uploads: missing(db, good, uploads).await?,
        })
    }
}

/// Waits until a statement counts all of these rows. What has not settled in time is lost.
async fn until_all(db: &PgPool, counting: &'static str, ids: &[Uuid]) -> anyhow::Result<()> {
    let started = Instant::now();
    while missing(db, counting, ids).await? > 0 && started.elapsed() < SETTLED_WITHIN {
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

async fn missing(db: &PgPool, counting: &'static str, ids: &[Uuid]) -> anyhow::Result<i64> {
    let found: i64 = sqlx::query_scalar(counting).bind(ids).fetch_one(db).await?;
    Ok(i64::try_from(ids.len())? - found)
}
