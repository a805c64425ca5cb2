//! How messages that an operation had sent have fared; told by the workers.

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::MessageId;
use uuid::Uuid;

/// The handlers of these messages succeeded.
///
/// # Errors
/// When the database does not answer.
pub async fn succeeded(db: &PgPool, messages: &[MessageId]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update operation_items set state = 'done', at = now() where message_id = any($1) and state = 'sent'",
        &ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The message is a dead letter again.
///
/// # Errors
/// When the database does not answer.
pub async fn failed(tx: &mut PgConnection, message: MessageId, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update operation_items set state = 'failed', reason = $2, at = now() where message_id = $1 and state = 'sent'",
        message.0,
        crate::queue::attempts::shorten(error)
    )
    .execute(tx)
    .await?;
    Ok(())
}
