//! Turns: the packs of a contributor let those of others pass.

use std::time::Duration;

use sqlx::PgConnection;

use super::{Upload, queries};

/// A message of a pack lets those pass that are sent within this time, for each earlier pack of its contributor that is on its way.
const TURN: Duration = Duration::from_secs(60);

/// The time for which messages of a pack let others pass. Nobody waits for ever: it is bounded by [`tradepost_queue::MAX_YIELD`].
pub async fn yields(tx: &mut PgConnection, upload: &Upload) -> sqlx::Result<Duration> {
    let earlier = queries::unfinished_before(tx, upload.account_id, upload.id).await?;
    Ok(TURN * u32::try_from(earlier).unwrap_or(u32::MAX).min(100))
}
