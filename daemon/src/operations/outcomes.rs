//! Outcomes of messages that an operation sent, reported by the workers.

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::MessageId;
use tradepost_queue::dead_letters::RedriveLog;
use uuid::Uuid;

/// Writes outcomes to `operation_items`.
#[derive(Debug)]
pub struct OutcomeLog;

impl RedriveLog for OutcomeLog {
    fn succeeded<'a>(&'a self, db: &'a PgPool, ids: &'a [MessageId]) -> BoxFuture<'a, sqlx::Result<()>> {
        Box::pin(succeeded(db, ids))
    }

    fn failed<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        id: MessageId,
        error: &'a str,
    ) -> BoxFuture<'a, sqlx::Result<()>> {
        Box::pin(failed(tx, id, error))
    }
}

async fn succeeded(db: &PgPool, messages: &[MessageId]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update operation_items set state = 'done', at = now() where message_id = any($1) and state = 'sent'",
        &ids
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn failed(tx: &mut PgConnection, message: MessageId, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update operation_items set state = 'failed', reason = $2, at = now() where message_id = $1 and state = 'sent'",
        message.0,
        error
    )
    .execute(tx)
    .await?;
    Ok(())
}
