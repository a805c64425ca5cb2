//! Tells the queue `notify` what happened. `fanout/` makes mails and webhook deliveries of it.

use sqlx::PgConnection;
use tradepost_common::queues::Lane;
use tradepost_queue::Broker;
use uuid::Uuid;

pub use crate::jobs::Event;
use crate::jobs::{Job, NotifyJob};

/// Sends a message for each event in the caller's transaction.
pub async fn emit(broker: &Broker, tx: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    emit_in(Lane::Interactive, broker, tx, events).await
}

pub async fn emit_in(lane: Lane, broker: &Broker, tx: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    let messages: Vec<_> = events
        .iter()
        .map(|&event| {
            let id = Uuid::now_v7();
            Job::Notify(NotifyJob { id, event }).message().with_lane(lane)
        })
        .collect();
    broker.send(tx, &messages).await
}
