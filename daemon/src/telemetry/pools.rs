//! The pools of connections to the database, for the metrics.

use std::sync::{Mutex, PoisonError};

use sqlx::PgPool;

/// The pools of this process by the part that uses them.
#[derive(Debug, Default)]
pub struct Pools(Mutex<Vec<(&'static str, PgPool)>>);

impl Pools {
    /// Adds the pool of a part.
    pub fn add(&self, name: &'static str, pool: &PgPool) {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pools.push((name, pool.clone()));
    }

    /// Maps every pool.
    pub fn each<T>(&self, each: impl Fn(&str, &PgPool) -> T) -> Vec<T> {
        let pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pools.iter().map(|(name, pool)| each(name, pool)).collect()
    }
}
