//! What operators can do with operations.

use sqlx::PgPool;
use tradepost_common::dead::Part;
use tradepost_common::ids::MessageId;
use tradepost_common::operations::{Operation, Selection};

use super::queries;

/// Operations that are not over, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn open(db: &PgPool) -> sqlx::Result<Vec<Operation>> {
    queries::open(db).await
}

/// Grows with every change of an operation.
///
/// # Errors
/// When the database does not answer.
pub async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    queries::revision(db).await
}

/// The operations that a message took part in, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<Part>> {
    queries::of_message(db, message).await
}

/// A selection as a person reads it.
pub(super) fn describe(selection: &Selection) -> String {
    let mut parts = Vec::new();
    if let Some(ids) = &selection.ids {
        parts.push(format!("{} marked", ids.len()));
    }
    parts.extend(selection.queue.as_ref().map(|queue| format!("queue {queue}")));
    parts.extend(
        selection
            .fingerprint
            .as_ref()
            .map(|print| format!("fingerprint {print}")),
    );
    parts.extend(selection.text.as_ref().map(|text| format!("with {text:?}")));
    parts.extend(selection.upload.map(|upload| format!("upload {upload}")));
    parts.extend(selection.redriven.map(|redriven| {
        let text = if redriven { "redriven before" } else { "never redriven" };
        text.to_owned()
    }));
    if parts.is_empty() {
        return "all dead letters".to_owned();
    }
    parts.join(", ")
}
