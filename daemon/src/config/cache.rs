//! The cache of the public API.

use serde::Deserialize;

use super::Secret;
use super::check::Check;

/// Answers that are kept in memory, and shared by machines.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Memory for answers.
    pub memory_mib: u32,
    /// `redis://[:password@]host[:port][/database]`: machines share answers and rate limits.
    pub redis_url: Option<Secret>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            memory_mib: 64,
            redis_url: None,
        }
    }
}

impl CacheConfig {
    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.between("cache.memory_mib", self.memory_mib, 1..=65_536);
        let is_redis = |url: &Secret| url.expose().starts_with("redis://") || url.expose().starts_with("unix://");
        let message = "must start with redis:// or unix://";
        check.require(self.redis_url.as_ref().is_none_or(is_redis), "cache.redis_url", message);
    }
}
