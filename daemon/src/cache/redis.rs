//! The Redis that machines share. It is never needed: while it does not answer, it is as if there were none.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script, TlsCertificates};
use tokio::time::timeout;

use crate::config::Secret;

/// An answer that takes longer is not worth waiting for.
const PATIENCE: Duration = Duration::from_millis(100);
/// After a failure Redis is not asked for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// Shared by machines of one version: another one may make other answers of the same state.
const PREFIX: &str = concat!("tradepost:", env!("CARGO_PKG_VERSION"), ":");

/// A budget that grows by one in every interval (GCRA), on the clock of Redis, in microseconds. Answers with 0 and the time to wait, or with
/// 1 and the time in which the budget is full again.
const TAKE: &str = r"
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + ARGV[1]
local used = full - now
if used > tonumber(ARGV[2]) then return {0, math.floor(used - ARGV[2])} end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil(used / 1000))
return {1, math.floor(used)}
";

/// The outcome for a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The time in which the budget is full again.
    Used(Duration),
    /// The time to wait.
    Refused(Duration),
}

/// A connection to Redis that opens itself again.
pub struct Redis {
    connection: ConnectionManager,
    take: Script,
    /// Not asked before.
    away_until: Mutex<Option<Instant>>,
    failures: Counter,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis")
    }
}

impl Redis {
    /// `ca` is a PEM file with the certificates that sign that of Redis.
    pub fn new(url: &Secret, ca: Option<&Path>) -> anyhow::Result<Self> {
        let client = match ca {
            None => Client::open(url.expose()),
            Some(path) => {
                let root_cert = Some(std::fs::read(path).context("reading cache.redis_ca")?);
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert,
                };
                Client::build_with_tls(url.expose(), certificates)
            }
        };
        let client = client.map_err(|_| {
            anyhow::anyhow!("cache.redis_url is not a URL of Redis, or cache.redis_ca has no certificate")
        })?;
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client, settings).context("preparing Redis")?;
        Ok(Self {
            connection,
            take: Script::new(TAKE),
            away_until: Mutex::default(),
            failures: Counter::default(),
        })
    }

    pub async fn get(&self, key: &str) -> Option<Bytes> {
        let mut connection = self.connection.clone();
        let command = redis::cmd("GET").arg(format!("{PREFIX}{key}")).to_owned();
        let found = self.ask(command.query_async::<Option<Vec<u8>>>(&mut connection)).await;
        found.flatten().map(Bytes::from)
    }

    pub async fn set(&self, key: &str, value: &Bytes, kept: Duration) {
        let mut connection = self.connection.clone();
        let mut command = redis::cmd("SET");
        command.arg(format!("{PREFIX}{key}")).arg(&value[..]);
        command
            .arg("PX")
            .arg(u64::try_from(kept.as_millis()).unwrap_or(u64::MAX));
        self.ask(command.query_async::<()>(&mut connection)).await;
    }

    /// Takes one from a budget that grows by one in every interval and holds what grows in a window.
    pub async fn take(&self, key: &str, interval: Duration, window: Duration) -> Option<Taken> {
        let mut connection = self.connection.clone();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut call = self.take.key(format!("{PREFIX}{key}"));
        call.arg(micros(interval)).arg(micros(window));
        let (is_taken, time): (u8, u64) = self.ask(call.invoke_async(&mut connection)).await?;
        let time = Duration::from_micros(time);
        Some(match is_taken {
            0 => Taken::Refused(time),
            _ => Taken::Used(time),
        })
    }

    pub fn failures(&self) -> Counter {
        self.failures.clone()
    }

    /// The answer, unless Redis is away.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
        let away_until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        if away_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let answer = timeout(PATIENCE, question).await;
        let failure = match answer {
            Ok(Ok(answer)) => {
                if away_until.is_some() {
                    self.set_away(None);
                    tracing::info!("Redis answers again");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        self.failures.inc();
        if away_until.is_none() {
            tracing::warn!(error = failure, "Redis is away: this machine goes on without it");
        }
        self.set_away(Some(Instant::now() + PAUSE));
        None
    }

    fn set_away(&self, until: Option<Instant>) {
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}
