//! Permits to run a handler of a queue. Their number can change at any time; interactive messages come before bulk ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tradepost_common::queues::Lane;

/// The permits of one queue.
#[derive(Debug)]
pub struct Permits {
    state: Mutex<PermitState>,
    changed: Notify,
}

#[derive(Debug)]
struct PermitState {
    limit: u32,
    taken: u32,
    /// Interactive messages that wait for a permit; bulk ones let them pass.
    interactive_waiting: u32,
}

/// The right to run one handler, until dropped.
#[derive(Debug)]
pub struct Permit {
    permits: Arc<Permits>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.lock().taken -= 1;
        self.permits.changed.notify_waiters();
    }
}

impl Permits {
    pub fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(PermitState {
                limit,
                taken: 0,
                interactive_waiting: 0,
            }),
            changed: Notify::new(),
        })
    }

    /// Changes the limit. Handlers above a lower one finish; no new one starts until there is room.
    pub fn set_limit(&self, limit: u32) {
        self.lock().limit = limit;
        self.changed.notify_waiters();
    }

    /// Takes between one and `most` permits, as soon as one is free.
    pub async fn take(self: &Arc<Self>, most: u32) -> Vec<Permit> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let free = {
                let mut state = self.lock();
                let free = state.limit.saturating_sub(state.taken).min(most);
                state.taken += free;
                free
            };
            if free > 0 {
                return (0..free).map(|_| Permit { permits: self.clone() }).collect();
            }
            changed.await;
        }
    }

    /// Adds permits as they become free, until there are `most` or none is left that could become free.
    pub async fn take_more(self: &Arc<Self>, permits: &mut Vec<Permit>, most: u32) {
        while permits.len() < self.lock().limit.min(most) as usize {
            let missing = most - permits.len() as u32;
            permits.extend(self.take(missing).await);
        }
    }

    /// Takes one permit for a message that was received already; interactive ones come first.
    pub async fn take_for(self: &Arc<Self>, lane: Lane) -> Permit {
        let _waiting = (lane == Lane::Interactive).then(|| Waiting::new(self));
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                let may = lane == Lane::Interactive || state.interactive_waiting == 0;
                if may && state.taken < state.limit {
                    state.taken += 1;
                    return Permit { permits: self.clone() };
                }
            }
            changed.await;
        }
    }

    /// Waits for a free permit and returns the number of free ones.
    pub async fn free(&self) -> u32 {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let free = {
                let state = self.lock();
                state.limit.saturating_sub(state.taken)
            };
            if free > 0 {
                return free;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, PermitState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an interactive message as waiting until dropped.
struct Waiting<'a>(&'a Permits);

impl<'a> Waiting<'a> {
    fn new(permits: &'a Permits) -> Self {
        permits.lock().interactive_waiting += 1;
        Self(permits)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().interactive_waiting -= 1;
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_limit_changes_while_permits_are_taken() {
        let permits = Permits::new(2);
        let mut taken = permits.take(10).await;
        assert_eq!(taken.len(), 2);
        permits.set_limit(3);
        taken.extend(permits.take(10).await);
        assert_eq!(taken.len(), 3);
        permits.set_limit(1);
        taken.truncate(1);
        assert!(is_stuck(permits.take(1)).await);
        taken.clear();
        assert_eq!(permits.take(10).await.len(), 1);
    }

    #[tokio::test]
    async fn interactive_messages_pass_bulk_ones() {
        let permits = Permits::new(1);
        let held = permits.take(1).await;
        let bulk = tokio::spawn({
            let permits = permits.clone();
            async move { permits.take_for(Lane::Bulk).await }
        });
        tokio::task::yield_now().await;
        let interactive = tokio::spawn({
            let permits = permits.clone();
            async move { permits.take_for(Lane::Interactive).await }
        });
        tokio::task::yield_now().await;
        drop(held);
        let first = interactive.await.unwrap();
        assert!(!bulk.is_finished());
        drop(first);
        bulk.await.unwrap();
    }

    async fn is_stuck<T>(future: impl Future<Output = T>) -> bool {
        tokio::time::timeout(Duration::from_millis(50), future).await.is_err()
    }
}
