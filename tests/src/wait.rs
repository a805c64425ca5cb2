//! Time limits of tests, and polling for conditions that send no event.

use std::time::{Duration, Instant};

use sqlx::PgPool;

/// Nothing in a test takes longer than this; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Looks again and again until there is an answer; what is there instead is told when there never is.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) => assert!(
                started.elapsed() < PATIENCE,
                "waited in vain until {what}; instead:\n{instead}"
            ),
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Waits until at least so many statements of a database wait for a lock.
pub async fn until_waiting(db: &PgPool, statements: i64) {
    eventually("statements wait for a lock", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(db)
        .await
        .expect("the query is right");
        if waiting >= statements {
            Ok(())
        } else {
            Err(format!("{waiting} of {statements}"))
        }
    })
    .await;
}
