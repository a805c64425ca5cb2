//! The append-only log of what operators and moderators did.

mod queries;

use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::audit::AuditRow;

/// Who acts, as the kernel tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The Unix user's name, or `uid:<n>` where it has none.
    pub user: String,
    pub uid: u32,
}

impl Actor {
    /// The user this process runs as.
    pub fn current() -> Self {
        Self::from_uid(nix::unistd::getuid().as_raw())
    }

    pub fn from_uid(uid: u32) -> Self {
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(uid))
            .ok()
            .flatten();
        Self {
            user: user.map_or_else(|| format!("uid:{uid}"), |user| user.name),
            uid,
        }
    }
}

/// Writes an audit row in the transaction of the act itself.
pub async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    act: &str,
    subject: &str,
    detail: serde_json::Value,
) -> sqlx::Result<()> {
    queries::insert(tx, actor, act, subject, detail).await
}

/// The log, newest first; `before` is the id to start below.
pub async fn list(db: &PgPool, before: Option<i64>, limit: u32) -> sqlx::Result<Page<AuditRow>> {
    let rows = queries::list(db, before.unwrap_or(i64::MAX), i64::from(limit)).await?;
    let next = (rows.len() == limit as usize)
        .then(|| rows.last().map(|row| row.id.to_string()))
        .flatten();
    Ok(Page { rows, next })
}

/// The id of the newest row; grows with every act.
pub async fn newest(db: &PgPool) -> sqlx::Result<i64> {
    queries::newest(db).await
}
