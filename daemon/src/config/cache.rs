//! The cache of the public API.

use std::path::PathBuf;

use serde::Deserialize;

use super::Secret;
use super::check::Check;

/// Answers that are kept in memory, and shared by machines.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Memory for answers.
    pub memory_mib: u32,
    /// `redis://[:password@]host[:port][/database]`, with TLS `rediss://`: machines share answers and rate limits.
    pub redis_url: Option<Secret>,
    /// A PEM file with the certificates that sign that of Redis. Default: those that the system trusts.
    pub redis_ca: Option<PathBuf>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            memory_mib: 64,
            redis_url: None,
            redis_ca: None,
        }
    }
}

impl CacheConfig {
    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.between("cache.memory_mib", self.memory_mib, 1..=65_536);
        let starts_with = |schemes: &[&str]| {
            let url = self.redis_url.as_ref().map(Secret::expose);
            url.is_some_and(|url| schemes.iter().any(|scheme| url.starts_with(scheme)))
        };
        let is_redis = self.redis_url.is_none() || starts_with(&["redis://", "rediss://", "unix://"]);
        let message = "must start with redis://, rediss:// or unix://";
        check.require(is_redis, "cache.redis_url", message);
        let is_used = self.redis_ca.is_none() || starts_with(&["rediss://"]);
        check.require(
            is_used,
            "cache.redis_ca",
            "needs a cache.redis_url that starts with rediss://",
        );
    }
}
