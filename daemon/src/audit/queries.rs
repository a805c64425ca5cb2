use sqlx::{PgConnection, PgExecutor};
use tradepost_common::audit::AuditRow;

use super::Actor;

pub async fn insert(
    tx: &mut PgConnection,
    actor: &Actor,
    act: &str,
    subject: &str,
    detail: serde_json::Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit_log (actor, uid, act, subject, detail) values ($1, $2, $3, $4, $5)",
        actor.user,
        i64::from(actor.uid),
        act,
        subject,
        detail
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn list(db: impl PgExecutor<'_>, before: i64, limit: i64) -> sqlx::Result<Vec<AuditRow>> {
    sqlx::query_as!(
        AuditRow,
        "select id, at, actor, uid, act, subject, detail from audit_log where id < $1 order by id desc limit $2",
        before,
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn newest(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "id!" from audit_log"#)
        .fetch_one(db)
        .await
}
