//! The append-only log of what operators and moderators did.

use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::audit::{AuditAct, AuditRow};

/// The Unix user who acts, as the kernel reports it.
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
    act: impl AsRef<str>,
    subject: &str,
    detail: serde_json::Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit_log (actor, uid, act, subject, detail) values ($1, $2, $3, $4, $5)",
        actor.user,
        i64::from(actor.uid),
        act.as_ref(),
        subject,
        detail
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// As [`record`], of an act without details.
pub async fn note(tx: &mut PgConnection, actor: &Actor, act: AuditAct, subject: &str) -> sqlx::Result<()> {
    record(tx, actor, act, subject, serde_json::json!({})).await
}

/// The log, newest first; `before` is the id to start below.
pub async fn list(db: &PgPool, before: Option<i64>, limit: u32) -> sqlx::Result<Page<AuditRow>> {
    let rows = sqlx::query_as!(
        AuditRow,
        "select id, at, actor, uid, act, subject, detail from audit_log where id < $1 order by id desc limit $2",
        before.unwrap_or(i64::MAX),
        i64::from(limit)
    )
    .fetch_all(db)
    .await?;
    Ok(Page::from_rows(rows, limit, |row| row.id))
}

/// The id of the newest row; grows with every act.
pub async fn newest(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "id!" from audit_log"#)
        .fetch_one(db)
        .await
}
