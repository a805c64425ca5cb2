//! How many handlers of a queue run at once: a number that can change while they run, and a priority between the lanes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Lane;

/// The slots of one queue.
#[derive(Debug)]
pub struct Slots {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    limit: u32,
    taken: u32,
    /// Interactive messages that wait for a slot: bulk ones let them pass.
    interactive_waiting: u32,
}

/// One slot, given back when dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock().taken -= 1;
        self.slots.changed.notify_waiters();
    }
}

impl Slots {
    pub fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
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

    /// Takes between one and `most` slots, as soon as there is one.
    pub async fn take(self: &Arc<Self>, most: u32) -> Vec<Slot> {
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
                return (0..free).map(|_| Slot { slots: self.clone() }).collect();
            }
            changed.await;
        }
    }

    /// Adds slots as they come free, until there are `most` or none is left that could come free.
    pub async fn take_more(self: &Arc<Self>, slots: &mut Vec<Slot>, most: u32) {
        while slots.len() < self.lock().limit.min(most) as usize {
            let missing = most - slots.len() as u32;
            slots.extend(self.take(missing).await);
        }
    }

    /// Takes one slot for a message that was received already; interactive ones go first.
    pub async fn take_for(self: &Arc<Self>, lane: Lane) -> Slot {
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
                    return Slot { slots: self.clone() };
                }
            }
            changed.await;
        }
    }

    /// Waits until there is a free slot; answers with how many there are.
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an interactive message as waiting until dropped.
struct Waiting<'a>(&'a Slots);

impl<'a> Waiting<'a> {
    fn new(slots: &'a Slots) -> Self {
        slots.lock().interactive_waiting += 1;
        Self(slots)
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
    async fn the_limit_changes_while_slots_are_taken() {
        let slots = Slots::new(2);
        let mut taken = slots.take(10).await;
        assert_eq!(taken.len(), 2);
        slots.set_limit(3);
        taken.extend(slots.take(10).await);
        assert_eq!(taken.len(), 3);
        slots.set_limit(1);
        taken.truncate(1);
        assert!(is_stuck(slots.take(1)).await);
        taken.clear();
        assert_eq!(slots.take(10).await.len(), 1);
    }

    #[tokio::test]
    async fn interactive_messages_pass_bulk_ones() {
        let slots = Slots::new(1);
        let held = slots.take(1).await;
        let bulk = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take_for(Lane::Bulk).await }
        });
        tokio::task::yield_now().await;
        let interactive = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take_for(Lane::Interactive).await }
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
