//! Permits to run a handler of a queue. Their number can change at any time; interactive messages come before bulk ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
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

    /// The limit, and the permits that are taken.
    pub fn used(&self) -> (u32, u32) {
        let state = self.lock();
        (state.limit, state.taken)
    }

    /// Takes up to `most` of the permits that are free now.
    pub fn take_free(self: &Arc<Self>, most: u32) -> Vec<Permit> {
        let mut state = self.lock();
        let free = state.limit.saturating_sub(state.taken).min(most);
        state.taken += free;
        (0..free).map(|_| Permit { permits: self.clone() }).collect()
    }

    /// Resolves when a permit becomes free or the limit changes after this call.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
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
        let mut taken = permits.take_free(10);
        assert_eq!((taken.len(), permits.used()), (2, (2, 2)));
        let changed = permits.changed();
        permits.set_limit(3);
        changed.await;
        taken.extend(permits.take_free(10));
        assert_eq!(taken.len(), 3);
        permits.set_limit(1);
        taken.truncate(1);
        assert!(is_stuck(permits.free()).await);
        taken.clear();
        assert_eq!(permits.free().await, 1);
        assert_eq!(permits.take_free(10).len(), 1);
    }

    #[tokio::test]
    async fn interactive_messages_pass_bulk_ones() {
        let permits = Permits::new(1);
        let held = permits.take_free(1);
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
