//! Counts views and downloads in memory, so that no reader waits for the database; a task takes them out every few seconds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tradepost_common::sales::Product;

/// Products that are counted between two flushes; what more come is not counted.
const MAX_PRODUCTS: usize = 100_000;

/// Events of a product since the last flush.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub views: i32,
    pub downloads: i32,
}

/// The events of all products since the last flush.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<Product, Seen>>);

impl Counts {
    pub fn view(&self, product: Product) {
        self.add(product, Seen { views: 1, downloads: 0 });
    }

    pub fn download(&self, product: Product) {
        self.add(product, Seen { views: 0, downloads: 1 });
    }

    /// Adds events, such as those that could not be written down.
    pub fn add(&self, product: Product, seen: Seen) {
        let mut counts = self.lock();
        if counts.len() >= MAX_PRODUCTS && !counts.contains_key(&product) {
            return;
        }
        let known = counts.entry(product).or_default();
        known.views = known.views.saturating_add(seen.views);
        known.downloads = known.downloads.saturating_add(seen.downloads);
    }

    /// Everything since the last call.
    pub fn take(&self) -> HashMap<Product, Seen> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Product, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_common::sales::ProductKind;

    #[test]
    fn counts_are_taken_once_and_bounded() {
        let counts = Counts::default();
        let product = |n: usize| Product {
            kind: ProductKind::Item,
            id: uuid::Uuid::from_u128(n as u128),
        };
        counts.view(product(0));
        counts.view(product(0));
        counts.download(product(0));
        assert_eq!(
            counts.take(),
            HashMap::from([(product(0), Seen { views: 2, downloads: 1 })])
        );
        assert!(counts.take().is_empty());
        for n in 0..MAX_PRODUCTS + 10 {
            counts.view(product(n));
        }
        counts.view(product(0));
        let taken = counts.take();
        assert_eq!((taken.len(), taken[&product(0)].views), (MAX_PRODUCTS, 2));
    }
}
