//! Requests to the public API, by the kind of what they ask for: each client address has a budget of each. Where machines share a Redis
//! the budgets are in it, else, and while it does not answer, each machine has its own.

use std::net::IpAddr;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::{PerMinute, network};
use crate::cache::{Cache, Taken};
use crate::config::LimitsConfig;
use crate::error::ApiError;
use crate::quota::Quota;

/// The kinds of requests that have a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    Pages,
    Searches,
    Files,
    Changes,
}

/// The budgets of requests, and the number of those that were refused.
#[derive(Debug)]
pub struct RequestLimits {
    pages: PerMinute,
    searches: PerMinute,
    files: PerMinute,
    changes: PerMinute,
    refused: Family<[(&'static str, &'static str); 1], Counter>,
}

impl RequestLimits {
    pub fn new(limits: &LimitsConfig) -> Self {
        Self {
            pages: PerMinute::new("pages", limits.pages_per_minute),
            searches: PerMinute::new("searches", limits.searches_per_minute),
            files: PerMinute::new("files", limits.files_per_minute),
            changes: PerMinute::new("changes", limits.changes_per_minute),
            refused: Family::default(),
        }
    }

    /// Takes one from the budget of an address.
    ///
    /// # Errors
    /// Rate limited, with the time to wait.
    pub async fn take(&self, cache: &Cache, traffic: Traffic, address: IpAddr) -> Result<Quota, ApiError> {
        let budget = self.budget(traffic);
        let shared = match cache.redis() {
            Some(redis) => {
                let key = format!("budget:{}:{}", budget.name, network(address));
                redis.take(&key, budget.interval(), super::MINUTE).await
            }
            None => None,
        };
        let taken = match shared {
            Some(Taken::Used(used)) => Ok(budget.quota(used)),
            Some(Taken::Refused(wait)) => Err(budget.refusal(super::Payer::Network(address), wait)),
            None => budget.take_from(address),
        };
        if taken.is_err() {
            self.refused.get_or_create(&[("budget", budget.name)]).inc();
        }
        taken
    }

    fn budget(&self, traffic: Traffic) -> &PerMinute {
        match traffic {
            Traffic::Pages => &self.pages,
            Traffic::Searches => &self.searches,
            Traffic::Files => &self.files,
            Traffic::Changes => &self.changes,
        }
    }

    /// Forgets addresses that have not been seen lately.
    pub fn forget_idle(&self) {
        for budget in [&self.pages, &self.searches, &self.files, &self.changes] {
            budget.forget_idle();
        }
    }

    pub fn register(&self, registry: &mut Registry) {
        let help = "Requests that a rate limit of the public API refused";
        registry.register("tradepost_rate_limited_requests", help, self.refused.clone());
    }
}
