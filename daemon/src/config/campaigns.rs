//! `[campaigns]`: drawing the catalogue anew.

use serde::Deserialize;

/// How campaigns behave beside everything else.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignsConfig {
    /// Messages of a campaign that one process works on at once; half the cores, at least one, when not set.
    pub concurrency: Option<u32>,
    /// Items of one message.
    pub chunk_items: u32,
    /// How long what was replaced, or rolled back, is kept before it is collected.
    pub keep_days: u32,
    /// How long an object that nothing refers to is kept before it is deleted.
    pub grace_minutes: u32,
    /// A campaign pauses itself when the disk of the store has less free than this.
    pub reserve_mib: u64,
    /// What an hour of one core costs, for the plan's estimate.
    pub cpu_hour_price: Option<f64>,
    /// Of the price.
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
    /// Messages that one process works on at once.
    pub fn at_once(&self) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        self.concurrency.unwrap_or((cores / 2).max(1))
    }
}
