use sqlx::PgExecutor;
use tradepost_common::ids::UploadId;

pub struct NewVerdict<'a> {
    pub upload_id: UploadId,
    pub file_path: Option<&'a str>,
    pub sha256: &'a [u8],
    pub object_version: &'a str,
    pub size_bytes: i64,
    pub verdict: &'a str,
    pub signature: Option<&'a str>,
    pub engine: &'a str,
}

pub async fn insert(db: impl PgExecutor<'_>, new: &NewVerdict<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into verdicts (upload_id, file_path, sha256, object_version, size_bytes, verdict, signature, engine)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
        "#,
        new.upload_id.0,
        new.file_path,
        new.sha256,
        new.object_version,
        new.size_bytes,
        new.verdict,
        new.signature,
        new.engine
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The verdict about the pack itself.
pub async fn of_pack(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select verdict from verdicts where upload_id = $1 and file_path is null order by id desc limit 1",
        upload.0
    )
    .fetch_optional(db)
    .await
}
