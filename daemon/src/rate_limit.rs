//! Requests are limited for each client address; starts and PUTs of uploads for each account, too, in this process; what strangers do in
//! the database, for all machines.

pub mod requests;
pub mod strangers;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tradepost_common::ids::{AccountId, UploadId};

use crate::error::ApiError;
use crate::quota::Quota;

/// A start is followed by one PUT, and by more where the connection is bad.
const PUTS_PER_START: u32 = 3;
/// Pictures are drawn for anybody who asks.
const PICTURES_PER_MINUTE: u32 = 30;
/// PUTs of one upload that run at once: one whose connection hangs must not keep the next ones away.
const RUNNING_PUTS: u32 = 3;
/// A customer of a provider has all addresses of such a network.
const IPV6_NETWORK: u128 = !0 << 64;
const MINUTE: Duration = Duration::from_secs(60);
/// Payers that a limit remembers. While there are as many, newcomers are not limited: they have used nothing yet.
const MAX_PAYERS: usize = 65_536;

/// The limits of uploads.
#[derive(Debug)]
pub struct UploadLimits {
    pub starts: PerMinute,
    pub puts: PerMinute,
    /// Pictures that somebody searches by.
    pub pictures: PerMinute,
    pub running: Running,
}

impl UploadLimits {
    pub fn new(starts_per_minute: u32) -> Self {
        Self {
            starts: PerMinute::new("upload-starts", starts_per_minute),
            puts: PerMinute::new("upload-puts", starts_per_minute.saturating_mul(PUTS_PER_START)),
            pictures: PerMinute::new("search-pictures", PICTURES_PER_MINUTE),
            running: Running::default(),
        }
    }

    /// Forgets keys that have not been seen lately.
    pub fn forget_idle(&self) {
        self.starts.forget_idle();
        self.puts.forget_idle();
        self.pictures.forget_idle();
    }
}

/// At most so many a minute for each payer, with a burst of as many.
#[derive(Debug)]
pub struct PerMinute {
    name: &'static str,
    limit: u32,
    /// The time at which a budget is full again (the theoretical arrival time of GCRA). One that is full has no entry.
    full_at: Mutex<HashMap<Payer, Instant>>,
}

/// Owner of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Payer {
    Account(AccountId),
    Network(IpAddr),
}

impl PerMinute {
    fn new(name: &'static str, limit: u32) -> Self {
        Self {
            name,
            limit: limit.max(1),
            full_at: Mutex::default(),
        }
    }

    /// Takes one from both budgets, or from none of them; answers with the one that has less left.
    ///
    /// # Errors
    /// Rate limited, with the time to wait.
    pub fn take(&self, account: AccountId, address: IpAddr) -> Result<Quota, ApiError> {
        let payers = [Payer::Account(account), Payer::Network(network(address))];
        self.take_at(Instant::now(), &payers)
    }

    /// Takes one from the budget of an address.
    ///
    /// # Errors
    /// Rate limited, with the time to wait.
    pub fn take_from(&self, address: IpAddr) -> Result<Quota, ApiError> {
        self.take_at(Instant::now(), &[Payer::Network(network(address))])
    }

    fn take_at(&self, now: Instant, payers: &[Payer]) -> Result<Quota, ApiError> {
        let mut full_at = lock(&self.full_at);
        let mut most_used = Duration::ZERO;
        // Both are looked at before either pays.
        let mut paid = Vec::with_capacity(payers.len());
        for &payer in payers {
            let full = full_at.get(&payer).map_or(now, |full| now.max(*full)) + self.interval();
            let used = full - now;
            if used > MINUTE {
                return Err(self.refusal(payer, used - MINUTE));
            }
            most_used = most_used.max(used);
            if full_at.len() < MAX_PAYERS || full_at.contains_key(&payer) {
                paid.push((payer, full));
            }
        }
        full_at.extend(paid);
        Ok(self.quota(most_used))
    }

    /// The budget of which so much time is used.
    fn quota(&self, used: Duration) -> Quota {
        let left = MINUTE.saturating_sub(used).as_nanos() / self.interval().as_nanos();
        Quota {
            name: self.name,
            limit: self.limit,
            left: u32::try_from(left).unwrap_or(u32::MAX),
            reset_seconds: used.as_secs() + 1,
        }
    }

    fn refusal(&self, payer: Payer, wait: Duration) -> ApiError {
        ApiError::RateLimited {
            quota: Quota {
                name: self.name,
                limit: self.limit,
                left: 0,
                reset_seconds: wait.as_secs() + 1,
            },
            what: match payer {
                Payer::Account(_) => "account",
                Payer::Network(_) => "client address",
            },
        }
    }

    /// The time in which a budget grows by one.
    fn interval(&self) -> Duration {
        MINUTE / self.limit
    }

    fn forget_idle(&self) {
        let now = Instant::now();
        lock(&self.full_at).retain(|_, full| *full > now);
    }
}

/// The address that a budget is kept for: of IPv6 the network.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK).into(),
        address => address,
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
    fn refusal_of_one_budget_costs_the_other_nothing() {
        let (limit, now) = (PerMinute::new("test", 2), Instant::now());
        let [ann, bob, carl] = [(); 3].map(|()| AccountId::new());
        let [shared, other, third] =
            ["203.0.113.7", "198.51.100.1", "192.0.2.1"].map(|address| address.parse().unwrap());
        let take = |account, address| {
            let payers = [Payer::Account(account), Payer::Network(address)];
            limit.take_at(now, &payers).ok().map(|quota| quota.left)
        };
        assert_eq!(take(ann, shared), Some(1));
        assert_eq!(take(ann, other), Some(0));
        for _ in 0..5 {
            assert_eq!(take(ann, shared), None, "the account has nothing left");
        }
        assert_eq!(take(bob, shared), Some(0), "its address has");
        for _ in 0..5 {
            assert_eq!(take(carl, shared), None, "the address has nothing left");
        }
        assert_eq!(take(carl, third), Some(1), "the account has both");
    }

    #[test]
    fn budget_grows_evenly_and_is_full_after_a_minute() {
        let (limit, now) = (PerMinute::new("test", 60), Instant::now());
        let payers = [Payer::Network("203.0.113.7".parse().unwrap())];
        let take = |after: u64| limit.take_at(now + Duration::from_millis(after), &payers);
        for left in (0..60).rev() {
            assert_eq!(take(0).unwrap().left, left);
        }
        let refused = |result: Result<Quota, ApiError>| match result {
            Err(ApiError::RateLimited { quota, .. }) => quota.reset_seconds,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(take(0)), 2);
        assert_eq!(refused(take(999)), 1);
        assert_eq!(take(1_000).unwrap().left, 0);
        assert_eq!(take(120_000).unwrap().left, 59);
    }

    #[test]
    fn crowd_of_addresses_takes_a_bounded_memory() {
        let (limit, now) = (PerMinute::new("test", 1), Instant::now());
        let payer = |n: u32| [Payer::Network(IpAddr::from(n.to_be_bytes()))];
        let most = u32::try_from(MAX_PAYERS).unwrap();
        for n in 0..most + 100 {
            limit.take_at(now, &payer(n)).unwrap();
        }
        assert_eq!(limit.full_at.lock().unwrap().len(), MAX_PAYERS);
        limit.take_at(now, &payer(0)).unwrap_err();
        limit.take_at(now, &payer(most + 1)).unwrap();
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
