//! Turns: the packs of a contributor let those of others pass, and large packs let small ones.

use std::time::Duration;

use sqlx::PgConnection;

use super::{Upload, queries};
use tradepost_jail::LARGE_BYTES;

/// A message of a pack lets those pass that are sent within this time, for each earlier pack of its contributor that is on its way, and once more if
/// its pack is large.
pub const TURN: Duration = Duration::from_secs(60);

/// The time for which messages of a pack of so many bytes, packed or inflated, let others pass. Nobody waits for ever: it is bounded by
/// [`tradepost_queue::MAX_YIELD`].
pub async fn yields(tx: &mut PgConnection, upload: &Upload, size_bytes: u64) -> sqlx::Result<Duration> {
    let earlier = queries::unfinished_before(tx, upload.account_id, upload.id).await?;
    let turns = u32::try_from(earlier).unwrap_or(u32::MAX).min(100) + u32::from(size_bytes > LARGE_BYTES);
    Ok(TURN * turns)
}
