//! Records of contributors.

use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, UploadId};
use tradepost_common::review::Trust;

use crate::accounts::trust::Facts;

pub async fn account_of(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Option<AccountId>> {
    let id = sqlx::query_scalar!("select account_id from uploads where id = $1", upload.0)
        .fetch_optional(db)
        .await?;
    Ok(id.map(AccountId))
}

/// Rejections are those of moderators that hold now: neither taken back nor appealed against.
pub async fn facts(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Facts> {
    sqlx::query_as!(
        Facts,
        r#"
        with rejections as (
            select count(*) as rejected, max(cases.decided_at) as last
            from uploads join cases on cases.upload_id = uploads.id
            where uploads.account_id = $1 and uploads.state = 'rejected' and cases.outcome = 'rejected'
        )
        select (select count(*) from uploads where account_id = $1 and state = 'published') as "published!",
            (select count(*) from uploads where account_id = $1 and state = 'published'
                and (rejections.last is null or settled_at > rejections.last)) as "published_in_a_row!",
            (select count(*) from items join sets on sets.id = items.set_id join families on families.id = sets.family_id
                where families.account_id = $1 and items.state = 'published') as "files!",
            (select floor(extract(epoch from now() - created_at) / 86400)::int8 from accounts where id = $1) as "account_days!",
            rejections.rejected as "rejected!",
            floor(extract(epoch from now() - rejections.last) / 86400)::int8 as days_since_rejection
        from rejections
        "#,
        account.0
    )
    .fetch_one(db)
    .await
}

pub struct RecordRow {
    pub name: String,
    pub trust: Trust,
    pub banned: bool,
    pub since: OffsetDateTime,
    pub uploads: i64,
    pub published: i64,
    pub rejected: i64,
    pub rejected_lately: i64,
}

pub async fn record(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<RecordRow> {
    sqlx::query_as!(
        RecordRow,
        r#"
        select account.name, account.trust as "trust: Trust", account.banned_at is not null as "banned!", account.created_at as since,
            count(upload.id) as "uploads!",
            count(upload.id) filter (where upload.state = 'published') as "published!",
            count(upload.id) filter (where upload.state = 'rejected') as "rejected!",
            count(upload.id) filter (where upload.state = 'rejected' and exists (
                select 1 from cases where cases.upload_id = upload.id and cases.outcome = 'rejected'
                    and cases.decided_at > now() - interval '90 days')) as "rejected_lately!"
        from accounts account left join uploads upload on upload.account_id = account.id
        where account.id = $1 group by account.id
        "#,
        account.0
    )
    .fetch_one(db)
    .await
}
