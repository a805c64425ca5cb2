//! Campaigns: what the catalogue has already is drawn anew with the presets and the engine of today.
//!
//! A plan lists the items and draws none. A canary is drawn first and laid beside what is shown, for somebody to look at. The rest goes
//! through the bulk lane of the queue `render` in messages of some tens of items, at most some at a time, and lets new uploads pass. What is
//! drawn is filed under the campaign's generation, an item's pictures and its mark `done` in one transaction: whatever dies whenever,
//! nothing is done twice and nothing is missing. Nothing of it is visible before the swap, which is one row more in `active_generations`;
//! rolling back is that row less. Collecting makes the generation the catalogue's own, or forgets it, and frees what nobody needs.
//!
//! One campaign draws at a time; one process runs them, under a lease, and every worker draws.

pub mod routes;
pub mod service;
mod verbs;

mod check;
mod estimate;
mod plan;
pub mod runner;

pub mod job;
mod samples;

mod collect;
mod courtesy;
pub mod meter;
mod queries;

use tokio::sync::Semaphore;

use self::courtesy::Courtesy;

/// What the campaigns of one process share.
#[derive(Debug)]
pub struct Campaigns {
    /// One for each message that is worked on at once.
    places: Semaphore,
    /// Who is let pass.
    pub courtesy: Courtesy,
}

impl Campaigns {
    /// So many messages are worked on at once.
    pub fn new(at_once: u32) -> Self {
        Self {
            places: Semaphore::new(at_once.max(1) as usize),
            courtesy: Courtesy::default(),
        }
    }
}
