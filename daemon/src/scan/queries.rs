use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::UploadId;

use super::service::{Occasion, VerdictKind};

pub struct NewVerdict<'a> {
    pub upload_id: UploadId,
    pub file_path: Option<&'a str>,
    pub sha256: &'a [u8],
    pub object_version: &'a str,
    pub size_bytes: i64,
    pub verdict: VerdictKind,
    pub signature: Option<&'a str>,
    pub engine: &'a str,
    pub engine_version: &'a str,
    pub signature_number: Option<i32>,
    pub signatures_at: Option<OffsetDateTime>,
    pub occasion: Occasion,
}

/// Inserts a verdict. It replaces an earlier one of the same occasion only if that was clean, or if both are of a rescan.
pub async fn insert(db: impl PgExecutor<'_>, new: &NewVerdict<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into verdicts (upload_id, file_path, sha256, object_version, size_bytes, verdict, signature, engine, engine_version,
            signature_number, signatures_at, occasion)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (upload_id, coalesce(file_path, ''), sha256, occasion) do update set
            verdict = excluded.verdict, signature = excluded.signature, engine = excluded.engine,
            engine_version = excluded.engine_version, signature_number = excluded.signature_number,
            signatures_at = excluded.signatures_at, scanned_at = now()
        where excluded.occasion = 'rescan' or verdicts.verdict = 'clean'
        "#,
        new.upload_id.0,
        new.file_path,
        new.sha256,
        new.object_version,
        new.size_bytes,
        new.verdict.as_str(),
        new.signature,
        new.engine,
        new.engine_version,
        new.signature_number,
        new.signatures_at,
        new.occasion.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn is_infected(db: impl PgExecutor<'_>, sha256: &[u8]) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select is_infected($1) as "infected!""#, sha256)
        .fetch_one(db)
        .await
}

pub async fn insert_scanned(db: impl PgExecutor<'_>, upload: UploadId, number: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into scanned_uploads (upload_id, signature_number) values ($1, $2) on conflict (upload_id) do nothing",
        upload.0,
        number
    )
    .execute(db)
    .await?;
    Ok(())
}
