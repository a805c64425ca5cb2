//! Time limits of tests, and polling for conditions that send no event.

use std::time::{Duration, Instant};

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
