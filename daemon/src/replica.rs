//! A read replica of the database: how far it has come, and which reads it may answer.
//!
//! The state of a database is a position in its log (LSN). A client has a floor: the position after its last own write. The replica answers
//! a read when it has come at least as far, and is no older than the limit.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::DatabaseConfig;
use crate::database;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A server that takes longer to say how far it is, is left out.
const PATIENCE: Duration = Duration::from_secs(2);

/// A position in the log of the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsn(u64);

impl Lsn {
    /// No server ever comes so far.
    pub const MAX: Self = Self(u64::MAX);
}

impl FromStr for Lsn {
    type Err = ();

    /// As PostgreSQL writes it: `16/B374D848`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (high, low) = text.split_once('/').ok_or(())?;
        let part = |part: &str| match part.len() {
            1..=8 => u64::from_str_radix(part, 16).map_err(|_| ()),
            _ => Err(()),
        };
        Ok(Self(part(high)? << 32 | part(low)?))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & u64::from(u32::MAX))
    }
}

/// The replica that is configured.
#[derive(Debug)]
pub struct Replica {
    pool: PgPool,
    max_lag: Duration,
    /// The position that it has reached; 0 where that is not known of its connections.
    replayed: Arc<AtomicU64>,
    seen: Mutex<Seen>,
}

/// Positions of the primary that the replica has not reached for sure, and the newest that it has.
#[derive(Debug, Default)]
struct Seen {
    primary: VecDeque<(Instant, Lsn)>,
    reached_at: Option<Instant>,
}

impl Replica {
    /// `None`: no replica is configured.
    pub fn from_config(config: &DatabaseConfig) -> anyhow::Result<Option<Self>> {
        let Some(url) = &config.replica_url else {
            return Ok(None);
        };
        // The error would quote the URL, and with it the password.
        let options = PgConnectOptions::from_str(url.expose())
            .map_err(|_| anyhow::anyhow!("database.replica_url is not a valid postgres:// URL"))?;
        let replayed = Arc::<AtomicU64>::default();
        let unknown = replayed.clone();
        let pool = database::replica_pool(config)
            // It may have been restarted, and be further back than it was.
            .after_connect(move |_, _| {
                unknown.store(0, Ordering::SeqCst);
                Box::pin(async { Ok(()) })
            })
            .connect_lazy_with(
                options
                    .application_name("tradepostd")
                    .options([("statement_timeout", "20s")]),
            );
        Ok(Some(Self {
            pool,
            max_lag: Duration::from_secs(config.replica_max_lag_seconds.into()),
            replayed,
            seen: Mutex::default(),
        }))
    }

    /// The connections to read from, if the replica has come to the floor and is young enough.
    pub fn reader(&self, floor: Lsn) -> Option<&PgPool> {
        let has_come = Lsn(self.replayed.load(Ordering::SeqCst)) >= floor;
        let is_young = self.lag().is_some_and(|lag| lag <= self.max_lag);
        (has_come && is_young).then_some(&self.pool)
    }

    /// Time since the primary was where the replica is now. `None`: it is down, or older than the limit.
    pub fn lag(&self) -> Option<Duration> {
        self.seen().reached_at.map(|at| at.elapsed())
    }

    /// It has failed: nobody reads from it until it was looked at again.
    pub fn leave_out(&self) {
        self.replayed.store(0, Ordering::SeqCst);
        self.seen().reached_at = None;
    }

    /// Looks again and again how far the replica is, until `stop` is cancelled.
    pub async fn follow(self: Arc<Self>, primary: PgPool, stop: CancellationToken) -> anyhow::Result<()> {
        let mut was_usable = None;
        loop {
            if let Err(error) = self.look(&primary).await {
                tracing::debug!(error = format!("{error:#}"), "the replica is left out");
                self.leave_out();
            }
            let is_usable = self.reader(Lsn(0)).is_some();
            if was_usable.replace(is_usable) != Some(is_usable) {
                match is_usable {
                    true => tracing::info!("the replica answers reads"),
                    false => tracing::warn!("the replica is down or too far behind: the primary answers all reads"),
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(LOOK_EVERY) => {}
            }
        }
        self.pool.close().await;
        Ok(())
    }

    async fn look(&self, primary: &PgPool) -> anyhow::Result<()> {
        let looked_at = Instant::now();
        let flushed = position(primary, "select pg_current_wal_flush_lsn()::text").await;
        let flushed = flushed.context("asking the primary")?;
        // A replica that was promoted is none any more.
        let replayed = "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text else '0/0' end";
        let replayed = position(&self.pool, replayed).await.context("asking the replica")?;
        self.replayed.store(replayed.0, Ordering::SeqCst);
        let mut seen = self.seen();
        seen.primary.push_back((looked_at, flushed));
        while let Some((at, position)) = seen.primary.front().copied() {
            if position <= replayed {
                seen.reached_at = Some(at);
            } else if looked_at.duration_since(at) <= self.max_lag {
                break;
            }
            seen.primary.pop_front();
        }
        if seen
            .reached_at
            .is_some_and(|at| looked_at.duration_since(at) > self.max_lag)
        {
            seen.reached_at = None;
        }
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The position after everything that was committed before this call.
pub async fn current_position(primary: &PgPool) -> anyhow::Result<Lsn> {
    position(primary, "select pg_current_wal_insert_lsn()::text").await
}

async fn position(db: &PgPool, query: &'static str) -> anyhow::Result<Lsn> {
    let asking = sqlx::query_scalar::<_, String>(query).fetch_one(db);
    let text = timeout(PATIENCE, asking).await.context("no answer in time")??;
    text.parse().map_err(|()| anyhow::anyhow!("{text:?} is no position"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_postgresql_writes_them() {
        for text in ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "1/1"] {
            assert_eq!(text.parse::<Lsn>().map(|lsn| lsn.to_string()), Ok(text.to_owned()));
        }
        assert!("1/0".parse::<Lsn>() > "0/FFFFFFFF".parse());
        for wrong in ["", "1", "/", "1/", "x/1", "123456789/0", "1/2/3", "-1/0"] {
            assert_eq!(wrong.parse::<Lsn>(), Err(()), "{wrong}");
        }
    }
}
