//! The messages that a worker has in flight, and their heartbeat.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::broker::Broker;
use crate::message::InFlight;

/// All messages in flight. Two copies of one message, as SQS may deliver them, are two.
#[derive(Debug, Clone, Default)]
pub struct InFlightSet {
    state: Arc<Mutex<InFlightState>>,
}

#[derive(Debug, Default)]
struct InFlightState {
    next: u64,
    messages: HashMap<u64, (InFlight, CancellationToken)>,
}

/// Extends one message by heartbeats until dropped.
#[derive(Debug)]
pub struct HeartbeatGuard {
    key: u64,
    lost: CancellationToken,
    set: InFlightSet,
}

impl HeartbeatGuard {
    /// Resolves when the receipt handle is lost: another worker has the message.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Ends the heartbeats of the message.
    pub fn end(&self) {
        self.set.lock().messages.remove(&self.key);
    }
}

impl Drop for HeartbeatGuard {
    fn drop(&mut self) {
        self.end();
    }
}

impl InFlightSet {
    pub fn insert(&self, message: InFlight) -> HeartbeatGuard {
        let mut state = self.lock();
        let (key, lost) = (state.next, CancellationToken::new());
        state.next += 1;
        state.messages.insert(key, (message, lost.clone()));
        HeartbeatGuard {
            key,
            lost,
            set: self.clone(),
        }
    }

    pub fn messages(&self) -> Vec<InFlight> {
        self.lock()
            .messages
            .values()
            .map(|(message, _)| message.clone())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, InFlightState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Extends all messages in flight three times in each visibility timeout, and aborts the handlers of those whose receipt handle is lost.
///
/// A task of its own: neither a slow receive nor a slow handler delays it.
pub async fn heartbeat(broker: Broker, set: InFlightSet, visibility: Duration) {
    loop {
        tokio::time::sleep(visibility / 3).await;
        let (keys, messages): (Vec<_>, Vec<_>) = {
            let state = set.lock();
            state
                .messages
                .iter()
                .map(|(key, (message, _))| (*key, message.clone()))
                .unzip()
        };
        if messages.is_empty() {
            continue;
        }
        match broker.extend(&messages, visibility).await {
            Ok(kept) => abort_lost(
                &set,
                keys.iter().zip(kept).filter(|(_, kept)| !kept).map(|(key, _)| *key),
            ),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "could not extend messages in flight"),
        }
    }
}

fn abort_lost(set: &InFlightSet, lost: impl Iterator<Item = u64>) {
    let state = set.lock();
    for key in lost {
        // It may have been settled since the list was made.
        if let Some((message, token)) = state.messages.get(&key) {
            tracing::warn!(message.id = %message.id, "abandoned a message: its receipt handle was lost");
            token.cancel();
        }
    }
}
