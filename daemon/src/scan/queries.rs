use std::collections::HashSet;

use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::UploadId;

use super::service::{Judged, Occasion, VerdictKind};
use crate::clamd::{Scanner, Signatures, Verdict};

/// Inserts verdicts. One replaces an earlier one of the same occasion only if that was clean, or if both are of a rescan.
pub async fn insert(
    db: impl PgExecutor<'_>,
    occasion: Occasion,
    upload: UploadId,
    verdicts: &[Judged<'_>],
) -> sqlx::Result<()> {
    fn column<'a, T>(verdicts: &'a [Judged<'a>], of: impl Fn(&'a Judged<'a>) -> T) -> Vec<T> {
        verdicts.iter().map(of).collect()
    }
    let reason = |judged: &Judged<'_>| match &judged.scanned.verdict {
        Verdict::Clean => None,
        Verdict::Infected { signature } => Some(signature.clone()),
        Verdict::Unscannable { reason } => Some(reason.clone()),
    };
    let kind = |judged: &Judged<'_>| match &judged.scanned.verdict {
        Verdict::Clean => VerdictKind::Clean,
        Verdict::Infected { .. } => VerdictKind::Infected,
        Verdict::Unscannable { .. } => VerdictKind::Unscannable,
    };
    let engine = |judged: &Judged<'_>| {
        let engine = &judged.scanned.engine;
        format!("{}, {}", engine.version, engine.signatures)
    };
    sqlx::query!(
        r#"
        insert into verdicts (upload_id, file_path, sha256, object_version, size_bytes, verdict, signature, engine, engine_version,
            signature_number, signatures_at, occasion)
        select $1, file_path, sha256, object_version, size_bytes, verdict, signature, engine, engine_version, signature_number,
            signatures_at, $2
        from unnest($3::text[], $4::bytea[], $5::text[], $6::int8[], $7::text[], $8::text[], $9::text[], $10::text[], $11::int4[],
            $12::timestamptz[]) as judged (file_path, sha256, object_version, size_bytes, verdict, signature, engine, engine_version,
            signature_number, signatures_at)
        on conflict (upload_id, coalesce(file_path, ''), sha256, occasion) do update set
            verdict = excluded.verdict, signature = excluded.signature, engine = excluded.engine,
            engine_version = excluded.engine_version, signature_number = excluded.signature_number,
            signatures_at = excluded.signatures_at, scanned_at = now()
        where excluded.occasion = 'rescan' or verdicts.verdict = 'clean'
        "#,
        upload.0,
        occasion.as_str(),
        &column(verdicts, |judged| judged.file_path.map(str::to_owned)) as &[Option<String>],
        &column(verdicts, |judged| judged.scanned.sha256.to_vec()),
        &column(verdicts, |judged| judged.object_version.clone()),
        &column(verdicts, |judged| i64::try_from(judged.scanned.size_bytes).unwrap_or(i64::MAX)),
        &column(verdicts, |judged| kind(judged).as_str().to_owned()),
        &column(verdicts, reason) as &[Option<String>],
        &column(verdicts, engine),
        &column(verdicts, |judged| judged.scanned.engine.version.clone()),
        &column(verdicts, |judged| judged.scanned.engine.signature_number()) as &[Option<i32>],
        &column(verdicts, |judged| judged.scanned.engine.signatures_at) as &[Option<OffsetDateTime>]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those of the hashes whose bytes this scanner's signatures found clean before.
pub async fn known_clean(
    db: impl PgExecutor<'_>,
    hashes: &[Vec<u8>],
    scanner: &Scanner,
) -> sqlx::Result<HashSet<Vec<u8>>> {
    let Signatures::Daily(number) = scanner.signatures else {
        return Ok(HashSet::new());
    };
    let known = sqlx::query_scalar!(
        r#"
        select distinct sha256 from verdicts
        where sha256 = any($1) and verdict = 'clean' and engine_version = $2 and signature_number = $3 and signatures_at = $4
        "#,
        hashes,
        scanner.engine,
        i32::try_from(number).unwrap_or(i32::MAX),
        scanner.signatures_at
    )
    .fetch_all(db)
    .await?;
    Ok(known.into_iter().collect())
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
