use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::mail::{MailRow, MailState, MailView};
use uuid::Uuid;

/// A mail to be inserted.
pub struct NewMail<'a> {
    pub id: Uuid,
    pub event: Uuid,
    pub kind: &'a str,
    pub recipient: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    pub state: &'a str,
}

/// A mail that waits to be sent.
pub struct QueuedMail {
    pub recipient: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub async fn exists(tx: &mut PgConnection, event: Uuid, kind: &str, to: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from mails where event_id = $1 and kind = $2 and recipient = $3) as "exists!""#,
        event,
        kind,
        to
    )
    .fetch_one(tx)
    .await
}

pub async fn insert(tx: &mut PgConnection, mail: &NewMail<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into mails (id, event_id, kind, recipient, subject, text_body, html_body, state)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        mail.id,
        mail.event,
        mail.kind,
        mail.recipient,
        mail.subject,
        mail.text,
        mail.html,
        mail.state
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn queued(db: &PgPool, id: Uuid) -> sqlx::Result<Option<QueuedMail>> {
    sqlx::query_as!(
        QueuedMail,
        r#"
        select recipient, subject, text_body as "text!", html_body as "html!" from mails where id = $1 and state = 'queued'
        "#,
        id
    )
    .fetch_optional(db)
    .await
}

pub async fn set_sent(db: &PgPool, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update mails set state = 'sent', sent_at = now(), text_body = null, html_body = null where id = $1 and state = 'queued'",
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn discard(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update mails set state = 'discarded' where id = $1 and state = 'queued'",
        id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The last 100 mails whose subject ends with a text, newest first.
pub async fn ending_with(db: &PgPool, end: &str) -> sqlx::Result<Vec<MailRow>> {
    sqlx::query_as!(
        MailRow,
        r#"
        select id, kind, recipient, subject, state as "state: MailState", created_at, sent_at
        from mails where right(subject, 38) = $1 order by id desc limit 100
        "#,
        end
    )
    .fetch_all(db)
    .await
}

/// Mails, newest first, or those to an address.
pub async fn list(
    db: &PgPool,
    recipient: Option<&str>,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<MailRow>> {
    sqlx::query_as!(
        MailRow,
        r#"
        select id, kind, recipient, subject, state as "state: MailState", created_at, sent_at
        from mails where ($1::text is null or recipient = $1) and ($2::uuid is null or id < $2) order by id desc limit $3
        "#,
        recipient,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn view(db: &PgPool, id: Uuid) -> sqlx::Result<Option<MailView>> {
    let row = sqlx::query!(
        r#"
        select id, kind, recipient, subject, state as "state: MailState", created_at, sent_at, text_body, html_body
        from mails where id = $1
        "#,
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| MailView {
        mail: MailRow {
            id: row.id,
            kind: row.kind,
            recipient: row.recipient,
            subject: row.subject,
            state: row.state,
            created_at: row.created_at,
            sent_at: row.sent_at,
        },
        text: row.text_body,
        html: row.html_body,
    }))
}

/// Counts one in the current window of a scope. `false`: there are as many as may be.
pub async fn count(tx: &mut PgConnection, scope: &str, window_seconds: i32, most: i32) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        insert into mail_caps as cap (scope, starts_at, used)
        select $1, date_bin(make_interval(secs => $2::integer), now(), 'epoch'), 1 where $3 > 0
        on conflict (scope, starts_at) do update set used = cap.used + 1 where cap.used < $3
        "#,
        scope,
        window_seconds,
        most
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// True if one of these scopes has as many as may be in its current window.
pub async fn is_used_up(
    tx: &mut PgConnection,
    scopes: &[String],
    window_seconds: i32,
    most: i32,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (select from mail_caps where scope = any($1)
            and starts_at = date_bin(make_interval(secs => $2::integer), now(), 'epoch') and used >= $3) as "is_used_up!"
        "#,
        scopes,
        window_seconds,
        most
    )
    .fetch_one(tx)
    .await
}

pub async fn note_held_back(tx: &mut PgConnection, scope: &str, window_seconds: i32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into mail_caps as cap (scope, starts_at, held_back)
        values ($1, date_bin(make_interval(secs => $2::integer), now(), 'epoch'), 1)
        on conflict (scope, starts_at) do update set held_back = cap.held_back + 1
        "#,
        scope,
        window_seconds
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Mails that caps held back in the last hour.
pub async fn held_back(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(held_back), 0)::bigint as "sum!" from mail_caps where starts_at > now() - interval '1 hour'"#
    )
    .fetch_one(db)
    .await
}

/// Deletes mails and counters that nobody needs any more.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("delete from mail_caps where starts_at < now() - interval '2 days'")
        .execute(db)
        .await?;
    sqlx::query!("delete from mails where created_at < now() - interval '90 days'")
        .execute(db)
        .await?;
    Ok(())
}
