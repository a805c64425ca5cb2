//! Dead letters: messages that failed too often, as rows of PostgreSQL whichever backend runs.
//!
//! A message keeps its id when it is redriven; `redrives` counts how often it was.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::ids::MessageId;
use tradepost_common::queues::{Backend, Lane};
use uuid::Uuid;

use crate::attempts;
use crate::message::Message;

/// Follows what becomes of messages that were redriven.
pub trait RedriveLog: Debug + Send + Sync + 'static {
    /// The handlers of these messages are done.
    fn succeeded<'a>(&'a self, db: &'a PgPool, ids: &'a [MessageId]) -> BoxFuture<'a, sqlx::Result<()>>;

    /// The message becomes a dead letter again in this transaction.
    fn failed<'a>(&'a self, tx: &'a mut PgConnection, id: MessageId, error: &'a str)
    -> BoxFuture<'a, sqlx::Result<()>>;
}

/// A message that becomes a dead letter.
#[derive(Debug)]
pub struct NewDeadLetter<'a> {
    pub id: MessageId,
    pub queue: &'a str,
    pub lane: Lane,
    pub payload: &'a serde_json::Value,
    pub correlation_id: Option<Uuid>,
    pub attempts: u32,
    pub redrives: u32,
    pub receives: u32,
    pub error: &'a str,
    pub enqueued_at: OffsetDateTime,
    pub backend: Backend,
}

impl<'a> NewDeadLetter<'a> {
    /// A received message that failed for the last time.
    pub fn new(message: &'a Message, backend: Backend, error: &'a str) -> Self {
        Self {
            id: message.id(),
            queue: message.queue().as_str(),
            lane: message.lane(),
            payload: &message.payload,
            correlation_id: message.correlation_id,
            attempts: message.attempt,
            redrives: message.redrives,
            receives: message.receives,
            error,
            enqueued_at: message.enqueued_at,
            backend,
        }
    }
}

/// Inserts a dead letter in the caller's transaction. `false`: it is there already.
pub async fn insert(tx: &mut PgConnection, log: &dyn RedriveLog, new: &NewDeadLetter<'_>) -> sqlx::Result<bool> {
    let error = attempts::shorten(new.error);
    let done = sqlx::query!(
        r#"
        insert into dead_letters (id, queue, lane, payload, correlation_id, subject, attempts, redrives, receives, error, fingerprint,
            enqueued_at, backend)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (id) do nothing
        "#,
        new.id.0,
        new.queue,
        new.lane as i16,
        new.payload,
        new.correlation_id,
        attempts::subject(new.payload),
        new.attempts.cast_signed(),
        new.redrives.cast_signed(),
        new.receives.cast_signed(),
        error,
        attempts::fingerprint(new.error),
        new.enqueued_at,
        new.backend.as_str()
    )
    .execute(&mut *tx)
    .await?;
    let inserted = done.rows_affected() == 1;
    if inserted && new.redrives > 0 {
        log.failed(tx, new.id, &error).await?;
    }
    Ok(inserted)
}
