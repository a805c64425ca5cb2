//! The append-only log of what operators and moderators did.

use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::audit::{AuditAct, AuditColumn, AuditRow};

use crate::pager::{self, Cursor, Place, Sorted, Texts};

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

/// The rows that contain the texts, newest first or sorted.
pub async fn list(
    db: &PgPool,
    texts: &Texts,
    place: &Place<AuditColumn, i64>,
    limit: u32,
) -> sqlx::Result<Page<AuditRow>> {
    let found = match place.sorted() {
        Some(sorted) => find_sorted(db, texts, sorted, limit.into()).await?,
        None => find_newest(db, texts, place.after_id(), limit.into()).await?,
    };
    let ids: Vec<_> = found.iter().map(|cursor| cursor.id).collect();
    let rows = sqlx::query_as!(
        AuditRow,
        "select id, at, actor, uid, act, subject, detail from audit_log where id = any($1) order by array_position($1, id)",
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(pager::page(&found, rows, limit))
}

/// The last 100 acts on a subject, oldest first.
pub async fn of_subject(db: &PgPool, subject: &str) -> sqlx::Result<Vec<AuditRow>> {
    let mut rows = sqlx::query_as!(
        AuditRow,
        "select id, at, actor, uid, act, subject, detail from audit_log where subject = $1 order by id desc limit 100",
        subject
    )
    .fetch_all(db)
    .await?;
    rows.reverse();
    Ok(rows)
}

/// Rows of the log that contain some texts. `$1` and `$2` are the texts.
macro_rules! matching {
    ($select:literal, $rest:literal, $texts:expr $(, $parameter:expr)*) => {
        sqlx::query!(
            $select + r#" where ($1::text is null or (log.actor || ' ' || log.act || ' ' || log.subject || ' ' || log.detail::text) ilike $1)
                and ($2::text is null or (log.actor || ' ' || log.act || ' ' || log.subject || ' ' || log.detail::text) not ilike $2)
            "# + $rest,
            $texts.with.as_deref(),
            $texts.without.as_deref()
            $(, $parameter)*
        )
    };
}

async fn find_newest(db: &PgPool, texts: &Texts, before: Option<i64>, limit: i64) -> sqlx::Result<Vec<Cursor<i64>>> {
    let rows = matching!(
        "select log.id from audit_log log",
        "and ($3::int8 is null or log.id < $3) order by log.id desc limit $4",
        texts,
        before,
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|row| Cursor { id: row.id, key: None }).collect())
}

async fn find_sorted(
    db: &PgPool,
    texts: &Texts,
    sorted: Sorted<'_, i64>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<i64>>> {
    let rows = matching!(
        r#"
        select log.id, sorted.key as "key!" from audit_log log cross join lateral (select case $3::text
            when 'user' then log.actor
            when 'action' then log.act
            when 'target' then log.subject
            else lpad(log.id::text, 20, '0') end collate "C" as key) sorted
        "#,
        r#"
        and ($4::text is null or (sorted.key = $4 and log.id < $5) or case when $6 then sorted.key < $4 else sorted.key > $4 end)
        order by case when $6::bool then sorted.key end desc, case when not $6 then sorted.key end, log.id desc limit $7
        "#,
        texts,
        sorted.column,
        sorted.after_key,
        sorted.after_id,
        sorted.is_falling,
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: row.id,
            key: Some(row.key),
        })
        .collect())
}

/// Rows of the log that contain the texts.
pub async fn count(db: &PgPool, texts: &Texts) -> sqlx::Result<i64> {
    let row = matching!(r#"select count(*) as "rows!" from audit_log log"#, "", texts);
    Ok(row.fetch_one(db).await?.rows)
}

/// The id of the newest row; grows with every act.
pub async fn newest(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select coalesce(max(id), 0) as "id!" from audit_log"#)
        .fetch_one(db)
        .await
}
