//! The messages that a worker has in hand, and the heartbeat that keeps them its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Broker, Held};

/// The messages in hand. Two copies of one message, as SQS may deliver them, are two.
#[derive(Debug, Clone, Default)]
pub struct InHand {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    held: HashMap<u64, (Held, CancellationToken)>,
}

/// Keeps one message in hand until dropped.
#[derive(Debug)]
pub struct Grip {
    key: u64,
    lost: CancellationToken,
    in_hand: InHand,
}

impl Grip {
    /// Resolves when the receipt is lost: somebody else has the message now.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// The message needs no heartbeat any more.
    pub fn let_go(&self) {
        self.in_hand.lock().held.remove(&self.key);
    }
}

impl Drop for Grip {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl InHand {
    pub fn hold(&self, held: Held) -> Grip {
        let mut state = self.lock();
        let (key, lost) = (state.next, CancellationToken::new());
        state.next += 1;
        state.held.insert(key, (held, lost.clone()));
        Grip {
            key,
            lost,
            in_hand: self.clone(),
        }
    }

    /// What is in hand now.
    pub fn running(&self) -> Vec<Held> {
        self.lock().held.values().map(|(held, _)| held.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Extends all messages in hand three times in each visibility timeout; abandons those whose receipt is lost.
///
/// A task of its own: neither a slow receive nor a slow handler holds it up, and CPU work runs in the jail's children.
pub async fn heartbeat(broker: Broker, in_hand: InHand, visibility: Duration) {
    loop {
        tokio::time::sleep(visibility / 3).await;
        let (keys, held): (Vec<_>, Vec<_>) = {
            let state = in_hand.lock();
            state.held.iter().map(|(key, (held, _))| (*key, held.clone())).unzip()
        };
        if held.is_empty() {
            continue;
        }
        match broker.extend(&held, visibility).await {
            Ok(kept) => abandon(
                &in_hand,
                keys.iter().zip(kept).filter(|(_, kept)| !kept).map(|(key, _)| *key),
            ),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "could not extend messages in hand"),
        }
    }
}

fn abandon(in_hand: &InHand, lost: impl Iterator<Item = u64>) {
    let state = in_hand.lock();
    for key in lost {
        // It may have been settled since the list was made.
        if let Some((held, token)) = state.held.get(&key) {
            tracing::warn!(message.id = %held.id, "abandoned a message: its receipt was lost");
            token.cancel();
        }
    }
}
