//! Upload starts are limited for each client address and for each account.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use tradepost_common::ids::AccountId;

use crate::error::ApiError;

/// The limits of upload starts.
#[derive(Debug)]
pub struct UploadLimits {
    pub by_address: PerMinute<IpAddr>,
    pub by_account: PerMinute<AccountId>,
}

impl UploadLimits {
    pub fn new(per_minute: u32) -> Self {
        Self {
            by_address: PerMinute::new(per_minute),
            by_account: PerMinute::new(per_minute),
        }
    }

    /// Forgets keys that have not been seen lately.
    pub fn forget_idle(&self) {
        self.by_address.limiter.retain_recent();
        self.by_account.limiter.retain_recent();
    }
}

/// At most so many a minute for each key, with a burst of as many.
pub struct PerMinute<K: Hash + Eq + Clone> {
    limit: u32,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> std::fmt::Debug for PerMinute<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PerMinute({})", self.limit)
    }
}

impl<K: Hash + Eq + Clone> PerMinute<K> {
    fn new(limit: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
        Self {
            limit,
            limiter: RateLimiter::keyed(quota).with_middleware(),
        }
    }

    /// Takes one; answers with how many are left.
    ///
    /// # Errors
    /// Rate limited, with the time to wait.
    pub fn check(&self, key: &K, what: &'static str) -> Result<u32, ApiError> {
        match self.limiter.check_key(key) {
            Ok(snapshot) => Ok(snapshot.remaining_burst_capacity()),
            Err(denied) => {
                let wait = denied.wait_time_from(DefaultClock::default().now());
                Err(ApiError::RateLimited {
                    limit: self.limit,
                    retry_after_seconds: wait.as_secs() + 1,
                    what,
                })
            }
        }
    }
}
