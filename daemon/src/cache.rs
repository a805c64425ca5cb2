//! Answers that are made once and given many times: in this process, and in a Redis that machines share where there is one.
//!
//! A key names the state that its answer was made from (a stamp that the database gives with every request), so that a change needs no
//! invalidation: it asks for another key. What was withdrawn has no stamp and is never looked up.

mod redis;

use std::time::Duration;

use bytes::Bytes;
use moka::future::Cache as Memory;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

pub use self::redis::{Redis, Taken};
use crate::config::CacheConfig;
use crate::error::{ApiError, ApiResult};

/// Answers are kept for so long: it bounds the age of the little that no stamp covers.
const KEPT: Duration = Duration::from_secs(10);

/// The answers that are kept.
#[derive(Debug)]
pub struct Cache {
    memory: Memory<String, Bytes>,
    redis: Option<Redis>,
    asked: Counter,
    loaded: Counter,
}

impl Cache {
    pub fn new(config: &CacheConfig) -> anyhow::Result<Self> {
        let memory = Memory::builder()
            .max_capacity(u64::from(config.memory_mib) << 20)
            .weigher(|key: &String, answer: &Bytes| u32::try_from(key.len() + answer.len()).unwrap_or(u32::MAX))
            .time_to_live(KEPT)
            .build();
        let open = |url| Redis::new(url, config.redis_ca.as_deref());
        Ok(Self {
            memory,
            redis: config.redis_url.as_ref().map(open).transpose()?,
            asked: Counter::default(),
            loaded: Counter::default(),
        })
    }

    /// The answer of a key, of this process or another machine, or else what `load` makes of it. However many ask at once, one loads.
    ///
    /// # Errors
    /// That of `load`; it is not kept.
    pub async fn shared(&self, key: String, load: impl Future<Output = ApiResult<Bytes>>) -> ApiResult<Bytes> {
        match &self.redis {
            None => self.own(key, load).await,
            Some(redis) => {
                let name = key.clone();
                let through = async {
                    if let Some(known) = redis.get(&name).await {
                        return Ok(known);
                    }
                    let answer = self.load(load).await?;
                    redis.set(&name, &answer, KEPT).await;
                    Ok(answer)
                };
                self.through(key, through).await
            }
        }
    }

    /// As [`Cache::shared`], for what only this process can use.
    ///
    /// # Errors
    /// That of `load`; it is not kept.
    pub async fn own(&self, key: String, load: impl Future<Output = ApiResult<Bytes>>) -> ApiResult<Bytes> {
        self.through(key, self.load(load)).await
    }

    async fn through(&self, key: String, load: impl Future<Output = ApiResult<Bytes>>) -> ApiResult<Bytes> {
        self.asked.inc();
        let answer = self.memory.try_get_with(key, load).await;
        answer.map_err(ApiError::from_shared)
    }

    async fn load(&self, load: impl Future<Output = ApiResult<Bytes>>) -> ApiResult<Bytes> {
        self.loaded.inc();
        load.await
    }

    /// The Redis that the machines share.
    pub fn redis(&self) -> Option<&Redis> {
        self.redis.as_ref()
    }

    pub fn register(&self, registry: &mut Registry) {
        let help = "Answers that were looked for in the cache";
        registry.register("tradepost_cache_lookups", help, self.asked.clone());
        let help = "Answers that had to be made";
        registry.register("tradepost_cache_loads", help, self.loaded.clone());
        if let Some(redis) = &self.redis {
            let help = "Questions that Redis did not answer";
            registry.register("tradepost_cache_redis_failures", help, redis.failures());
        }
    }
}
