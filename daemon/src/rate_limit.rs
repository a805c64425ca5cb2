//! Starts and PUTs of uploads are limited for each client address and for each account.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use tradepost_common::ids::{AccountId, UploadId};

use crate::error::ApiError;

/// A start is followed by one PUT, and by more where the connection is bad.
const PUTS_PER_START: u32 = 3;
/// PUTs of one upload that run at once: one whose connection hangs must not keep the next ones away.
const RUNNING_PUTS: u32 = 3;
/// A customer of a provider has all addresses of such a network.
const IPV6_NETWORK: u128 = !0 << 64;

/// The limits of uploads.
#[derive(Debug)]
pub struct UploadLimits {
    pub starts: PerMinute,
    pub puts: PerMinute,
    pub running: Running,
}

impl UploadLimits {
    pub fn new(starts_per_minute: u32) -> Self {
        Self {
            starts: PerMinute::new(starts_per_minute),
            puts: PerMinute::new(starts_per_minute.saturating_mul(PUTS_PER_START)),
            running: Running::default(),
        }
    }

    /// Forgets keys that have not been seen lately.
    pub fn forget_idle(&self) {
        self.starts.forget_idle();
        self.puts.forget_idle();
    }
}

/// At most so many a minute for each account and for each address, with a burst of as many.
#[derive(Debug)]
pub struct PerMinute {
    by_account: Budgets<AccountId>,
    by_address: Budgets<IpAddr>,
}

impl PerMinute {
    fn new(limit: u32) -> Self {
        Self {
            by_account: Budgets::new(limit, "account"),
            by_address: Budgets::new(limit, "client address"),
        }
    }

    /// Takes one from both budgets; answers with how many are left. What the account may not do costs its address nothing: others
    /// use it too.
    ///
    /// # Errors
    /// Rate limited, with the time to wait.
    pub fn take(&self, account: AccountId, address: IpAddr) -> Result<u32, ApiError> {
        let of_account = self.by_account.take(&account)?;
        let of_address = self.by_address.take(&network(address))?;
        Ok(of_account.min(of_address))
    }

    fn forget_idle(&self) {
        self.by_account.limiter.retain_recent();
        self.by_address.limiter.retain_recent();
    }
}

/// The address that a budget is kept for: of IPv6 the network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK).into(),
        address => address,
    }
}

/// A budget for each key.
struct Budgets<K: Hash + Eq + Clone> {
    limit: u32,
    what: &'static str,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> std::fmt::Debug for Budgets<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Budgets({} a minute for each {})", self.limit, self.what)
    }
}

impl<K: Hash + Eq + Clone> Budgets<K> {
    fn new(limit: u32, what: &'static str) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
        Self {
            limit,
            what,
            limiter: RateLimiter::keyed(quota).with_middleware(),
        }
    }

    fn take(&self, key: &K) -> Result<u32, ApiError> {
        match self.limiter.check_key(key) {
            Ok(snapshot) => Ok(snapshot.remaining_burst_capacity()),
            Err(denied) => {
                let wait = denied.wait_time_from(DefaultClock::default().now());
                Err(ApiError::RateLimited {
                    limit: self.limit,
                    retry_after_seconds: wait.as_secs() + 1,
                    what: self.what,
                })
            }
        }
    }
}

/// The PUTs that run, by upload.
#[derive(Debug, Default)]
pub struct Running(Mutex<HashMap<UploadId, u32>>);

/// A PUT that runs until this is dropped.
#[derive(Debug)]
pub struct RunningPut<'a> {
    running: &'a Running,
    upload: UploadId,
}

impl Running {
    /// # Errors
    /// A conflict when enough of them run.
    pub fn enter(&self, upload: UploadId) -> Result<RunningPut<'_>, ApiError> {
        let mut running = lock(&self.0);
        let count = running.entry(upload).or_default();
        if *count >= RUNNING_PUTS {
            let detail = format!("{RUNNING_PUTS} PUTs of this upload are running. Wait until one of them has ended.");
            return Err(ApiError::conflict("puts-running", detail));
        }
        *count += 1;
        Ok(RunningPut { running: self, upload })
    }
}

impl Drop for RunningPut<'_> {
    fn drop(&mut self) {
        let mut running = lock(&self.running.0);
        if let Some(count) = running.get_mut(&self.upload) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.upload);
            }
        }
    }
}

/// Takes the lock. Poisoning is ignored: nothing that holds it can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_account_may_not_do_costs_its_address_nothing() {
        let limit = PerMinute::new(2);
        let (ann, bob) = (AccountId::new(), AccountId::new());
        let [shared, other] = ["203.0.113.7", "198.51.100.1"].map(|address| address.parse().unwrap());
        assert_eq!(limit.take(ann, shared).unwrap(), 1);
        assert_eq!(limit.take(ann, other).unwrap(), 0);
        for _ in 0..5 {
            assert!(limit.take(ann, shared).is_err(), "the account has nothing left");
        }
        assert_eq!(limit.take(bob, shared).unwrap(), 0, "its address has");
    }

    #[test]
    fn a_network_of_ipv6_has_one_budget() {
        let is_same = |one: &str, other: &str| network(one.parse().unwrap()) == network(other.parse().unwrap());
        assert!(is_same("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
        assert!(!is_same("2001:db8:0:1::1", "2001:db8:0:2::1"));
        assert!(is_same("::ffff:203.0.113.7", "203.0.113.7"));
        assert!(!is_same("203.0.113.7", "203.0.113.8"));
    }

    #[test]
    fn an_upload_has_a_bound_of_puts_at_once() {
        let (running, upload) = (Running::default(), UploadId::new());
        let mut held: Vec<_> = (0..RUNNING_PUTS).map(|_| running.enter(upload).unwrap()).collect();
        assert!(running.enter(upload).is_err());
        assert!(running.enter(UploadId::new()).is_ok());
        held.pop();
        assert!(running.enter(upload).is_ok());
        drop(held);
        assert!(running.0.lock().unwrap().is_empty());
    }
}
