use sqlx::PgExecutor;
use tradepost_common::ids::UploadId;

/// Asks for published uploads to be scanned with these signatures: at most `limit`, the newest first.
pub async fn ask(db: impl PgExecutor<'_>, number: i32, days: i32, limit: i64) -> sqlx::Result<Vec<UploadId>> {
    sqlx::query_scalar!(
        r#"
        update scanned_uploads set asked_number = $1, asked_at = now() where upload_id in (
            select scanned.upload_id from scanned_uploads scanned join uploads upload on upload.id = scanned.upload_id
            where upload.state = 'published' and upload.settled_at > now() - make_interval(days => $2)
                and scanned.signature_number < $1
                and (scanned.asked_at is null or scanned.asked_at < now() - interval '6 hours')
            order by upload.settled_at desc limit $3
        )
        returning upload_id as "upload_id: UploadId"
        "#,
        number,
        days,
        limit
    )
    .fetch_all(db)
    .await
}

/// Uploads that were asked for and are not done, and all that are to be scanned again.
pub async fn left(db: impl PgExecutor<'_>, number: i32, days: i32) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        select count(*) filter (where scanned.asked_at > now() - interval '1 hour') as "asked!", count(*) as "all!"
        from uploads upload join scanned_uploads scanned on scanned.upload_id = upload.id
        where upload.state = 'published' and upload.settled_at > now() - make_interval(days => $2) and scanned.signature_number < $1
        "#,
        number,
        days
    )
    .fetch_one(db)
    .await?;
    Ok((row.asked, row.all))
}

/// Everything of the upload was scanned with these signatures.
pub async fn answer(db: impl PgExecutor<'_>, upload: UploadId, number: i32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update scanned_uploads set signature_number = greatest(signature_number, $2), asked_number = null, asked_at = null
        where upload_id = $1
        "#,
        upload.0,
        number
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A published file that is still to be scanned again.
pub struct Due {
    pub path: String,
    pub sha256: [u8; 32],
}

pub async fn due_files(db: impl PgExecutor<'_>, upload: UploadId, number: i32, limit: i64) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        select item.path, bytes.sha256 as "sha256!: [u8; 32]" from sets set_ join items item on item.set_id = set_.id
        cross join lateral (select item.sha256 union select item.file_sha256 where item.file_sha256 is not null) bytes
        where set_.upload_id = $1 and item.state in ('published', 'ready') and not exists (
            select 1 from verdicts verdict where verdict.upload_id = $1 and coalesce(verdict.file_path, '') = item.path
                and verdict.sha256 = bytes.sha256 and verdict.signature_number >= $2)
        order by item.path, bytes.sha256 limit $3
        "#,
        upload.0,
        number,
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn is_pack_due(db: impl PgExecutor<'_>, upload: UploadId, number: i32) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select not exists (
            select 1 from verdicts where upload_id = $1 and file_path is null and signature_number >= $2
        ) as "due!"
        "#,
        upload.0,
        number
    )
    .fetch_one(db)
    .await
}

/// Uploads with an item of these bytes that may be, or become, public.
pub async fn uploads_with(db: impl PgExecutor<'_>, sha256: &[u8]) -> sqlx::Result<Vec<UploadId>> {
    sqlx::query_scalar!(
        r#"
        select distinct set_.upload_id as "upload_id: UploadId" from items item join sets set_ on set_.id = item.set_id
        where (item.sha256 = $1 or item.file_sha256 = $1) and item.state in ('published', 'ready')
        "#,
        sha256
    )
    .fetch_all(db)
    .await
}

pub async fn mark_taken_down(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<()> {
    sqlx::query!(
        "update scanned_uploads set withdrawn_at = now() where upload_id = $1",
        upload.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uploads that were taken down and that no moderator has decided yet.
pub async fn count_taken_down(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "withdrawn!" from scanned_uploads scanned join uploads upload on upload.id = scanned.upload_id
        where scanned.withdrawn_at is not null and upload.state = 'in_review'
        "#
    )
    .fetch_one(db)
    .await
}
