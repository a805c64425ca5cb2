//! Statements about `uploads`; other features go through `service`.

pub mod list;

use std::collections::HashMap;

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, CaseId, SetId, UploadId};
use tradepost_common::uploads::UploadState;
use uuid::Uuid;

use super::Upload;

pub(super) struct NewUpload<'a> {
    pub id: UploadId,
    pub account_id: AccountId,
    pub file_name: &'a str,
    pub size_bytes: i64,
    pub sha256: &'a [u8],
    pub url_expires_at: OffsetDateTime,
}

pub(super) async fn insert(db: impl PgExecutor<'_>, new: &NewUpload<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into uploads (id, account_id, file_name, size_bytes, sha256, url_expires_at) values ($1, $2, $3, $4, $5, $6)",
        new.id.0,
        new.account_id.0,
        new.file_name,
        new.size_bytes,
        new.sha256,
        new.url_expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The upload, for a job.
pub async fn find(db: impl PgExecutor<'_>, id: UploadId) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as!(
        Upload,
        r#"
        select id, account_id, file_name, size_bytes, sha256 as "sha256: [u8; 32]", state as "state: UploadState", object_version, url_expires_at
        from uploads where id = $1
        "#,
        id.0
    )
    .fetch_optional(db)
    .await
}

/// Counts the uploads of an account that were started before this one and are on their way.
pub(super) async fn unfinished_before(tx: &mut PgConnection, account: AccountId, id: UploadId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from uploads
        where account_id = $1 and id < $2 and state in ('scanning', 'unpacking', 'rendering', 'previewing')
        "#,
        account.0,
        id.0
    )
    .fetch_one(tx)
    .await
}

/// The upload, locked until the caller's transaction ends.
pub async fn lock(tx: &mut PgConnection, id: UploadId) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as!(
        Upload,
        r#"
        select id, account_id, file_name, size_bytes, sha256 as "sha256: [u8; 32]", state as "state: UploadState", object_version, url_expires_at
        from uploads where id = $1 for update
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

/// The outcome of [`replace_version`].
pub(super) enum Replaced {
    /// The upload has the version now, and had this one before.
    Version(Option<String>),
    /// It takes none any more: it is complete or has expired, or its account is banned.
    Refused,
}

/// Gives an upload the version that a PUT made, while it waits for its bytes.
pub(super) async fn replace_version(db: impl PgExecutor<'_>, id: UploadId, version: &str) -> sqlx::Result<Replaced> {
    let row = sqlx::query!(
        r#"
        with old as (
            select upload.id, upload.object_version from uploads upload
            where upload.id = $1 and upload.state = 'awaiting_bytes'
                and not exists (select 1 from accounts where accounts.id = upload.account_id and accounts.banned_at is not null)
            for update of upload)
        update uploads set object_version = $2, reason = null from old where uploads.id = old.id
        returning old.object_version
        "#,
        id.0,
        version
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map_or(Replaced::Refused, |row| Replaced::Version(row.object_version)))
}

/// Gives an upload that waits for its bytes a version, unless it has one.
pub(super) async fn pin_version(db: impl PgExecutor<'_>, id: UploadId, version: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update uploads set object_version = $2, reason = null
        where id = $1 and state = 'awaiting_bytes' and object_version is null
        "#,
        id.0,
        version
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The upload in parts that the bucket waits for.
pub(super) async fn parts_id(db: impl PgExecutor<'_>, id: UploadId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select parts_id from uploads where id = $1", id.0)
        .fetch_one(db)
        .await
}

/// Notes another upload in parts, or none. Answers with the one before.
pub(super) async fn replace_parts(
    db: impl PgExecutor<'_>,
    id: UploadId,
    parts_id: Option<&str>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        with old as (select id, parts_id from uploads where id = $1 for update)
        update uploads set parts_id = $2 from old where uploads.id = old.id returning old.parts_id
        "#,
        id.0,
        parts_id
    )
    .fetch_one(db)
    .await
}

/// Uploads without bytes that are to be looked for now; notes that they are.
pub(super) async fn look_for(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<UploadId>> {
    sqlx::query_scalar!(
        r#"
        update uploads set looked_for_at = now()
        where id in (
            select id from uploads
            where state = 'awaiting_bytes' and object_version is null
                and ((looked_for_at is null and created_at < now() - interval '1 minute')
                    or (url_expires_at < now() and (looked_for_at is null or looked_for_at < url_expires_at)))
            order by id limit $1 for update skip locked)
        returning id as "id: UploadId"
        "#,
        limit
    )
    .fetch_all(db)
    .await
}

/// The versions that uploads have; `None`: none any more. Uploads that are not known are missing.
pub(super) async fn versions(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Option<String>>> {
    let rows = sqlx::query!(
        "select id, case when state <> 'expired' then object_version end as version from uploads where id = any($1)",
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}

/// Bytes that an account has in the store or has announced, without what is published. Rejected packs count for 30 days.
pub(super) async fn unpublished_bytes(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select coalesce(sum(size_bytes), 0)::int8 as "bytes!" from uploads
        where account_id = $1 and (state not in ('published', 'rejected', 'expired')
            or (state = 'rejected' and settled_at > now() - interval '30 days'))
        "#,
        account.0
    )
    .fetch_one(db)
    .await
}

/// Remembers why the last PUT failed, for the contributor who asks.
pub(super) async fn set_put_fault(db: impl PgExecutor<'_>, id: UploadId, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update uploads set reason = $2 where id = $1 and state = 'awaiting_bytes' and object_version is null",
        id.0,
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn reason(db: impl PgExecutor<'_>, id: UploadId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select reason from uploads where id = $1", id.0)
        .fetch_one(db)
        .await
}

pub(super) async fn set_state(db: impl PgExecutor<'_>, id: UploadId, state: UploadState) -> sqlx::Result<()> {
    sqlx::query!(
        "update uploads set state = $2, settled_at = case when $3 then now() end where id = $1",
        id.0,
        state.as_str(),
        state.is_settled()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Names the upload as its manifest does.
pub async fn set_title(tx: &mut PgConnection, id: UploadId, title: &str) -> sqlx::Result<()> {
    sqlx::query!("update uploads set title = $2 where id = $1", id.0, title)
        .execute(tx)
        .await?;
    Ok(())
}

/// Uploads whose bytes never came, marked as expired; answers with their ids.
pub(super) async fn expire(db: impl PgExecutor<'_>, limit: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        update uploads set state = 'expired', settled_at = now()
        where id in (
            select id from uploads where state = 'awaiting_bytes' and url_expires_at < now() - interval '15 minutes'
            order by id limit $1 for update skip locked)
        returning id
        "#,
        limit
    )
    .fetch_all(db)
    .await
}

pub(super) async fn set_and_case(
    db: impl PgExecutor<'_>,
    id: UploadId,
) -> sqlx::Result<(Option<SetId>, Option<CaseId>)> {
    let row = sqlx::query!(
        r#"
        select (select id from sets where upload_id = $1) as "set_id: SetId", (select id from cases where upload_id = $1) as "case_id: CaseId"
        "#,
        id.0
    )
    .fetch_one(db)
    .await?;
    Ok((row.set_id, row.case_id))
}

pub(super) async fn states(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<HashMap<UploadId, UploadState>> {
    let rows = sqlx::query!(
        r#"select id as "id: UploadId", state as "state: UploadState" from uploads where id = any($1)"#,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.state)).collect())
}

/// State and account name of an upload.
pub async fn state_and_account(db: impl PgExecutor<'_>, id: UploadId) -> sqlx::Result<Option<(UploadState, String)>> {
    let row = sqlx::query!(
        r#"
        select upload.state as "state: UploadState", account.name from uploads upload join accounts account on account.id = upload.account_id
        where upload.id = $1
        "#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.state, row.name)))
}

/// Counts of uploads that are working, in review, published, rejected.
pub async fn counts(db: impl PgExecutor<'_>) -> sqlx::Result<[i64; 4]> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where state in ('scanning', 'unpacking', 'rendering', 'previewing')) as "working!",
            count(*) filter (where state = 'in_review') as "in_review!",
            count(*) filter (where state = 'published') as "published!",
            count(*) filter (where state = 'rejected') as "rejected!"
        from uploads
        "#
    )
    .fetch_one(db)
    .await?;
    Ok([row.working, row.in_review, row.published, row.rejected])
}
