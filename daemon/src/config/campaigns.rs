//! `[campaigns]`: campaigns, which render the catalogue again.

use serde::Deserialize;

/// Campaigns.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignsConfig {
    /// Messages of a campaign that one process handles at once. Default: half the cores, at least one.
    pub concurrency: Option<u32>,
    /// Items in one message.
    pub chunk_items: u32,
    /// Days for which replaced and rolled-back renditions are kept.
    pub keep_days: u32,
    /// Minutes for which an object that nothing refers to is kept.
    pub grace_minutes: u32,
    /// A campaign pauses itself when the disk of the store has less than this free.
    pub reserve_mib: u64,
    /// The price of an hour of one core, for the plan's estimate.
    pub cpu_hour_price: Option<f64>,
    /// The currency of the price, by ISO 4217.
    pub currency: String,
}

impl Default for CampaignsConfig {
    fn default() -> Self {
        Self {
            concurrency: None,
            chunk_items: 50,
            keep_days: 7,
            grace_minutes: 60,
            reserve_mib: 1_024,
            cpu_hour_price: None,
            currency: "EUR".to_owned(),
        }
    }
}

impl CampaignsConfig {
    /// The messages that one process handles at once.
    pub fn at_once(&self) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        self.concurrency.unwrap_or((cores / 2).max(1))
    }
}
