//! One round of deletions: claim, delete, confirm.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::{PgConnection, PgPool};
use tokio::time::timeout;

use super::{LOCK, delete_marks};
use crate::objects::rendition_key;
use tradepost_render::presets::Format;
use tradepost_store::{ContentKey, Store};

/// Objects that one sweep deletes at most.
const SWEEP_OBJECTS: i64 = 100;
/// A sweep has deleted its objects by then, or has given up.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(60);
/// A claim of this age is left by a sweep that died.
const CLAIM_SECONDS: f64 = 600.0;

/// The outcome of a sweep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Marks that were looked at. None: nothing is due, or too much is going on.
    pub looked_at: u64,
    pub deleted: u64,
    pub freed_bytes: i64,
}

/// Deletes some pictures that were marked longer than `grace` ago and that nothing refers to.
///
/// # Errors
/// Deleted objects are then still claimed, and a later sweep deletes them again.
pub async fn sweep(db: &PgPool, store: &Store, grace: Duration) -> anyhow::Result<Sweep> {
    let (looked_at, claimed) = claim(db, grace).await?;
    let deleting = async {
        let keys = claimed.iter().map(|object| key(&object.sha256, &object.format));
        let keys: Vec<_> = keys.collect::<Option<_>>().context("a mark that names no picture")?;
        store.delete_content(&keys).await.context("deleting unused pictures")
    };
    timeout(SWEEP_TIMEOUT, deleting)
        .await
        .context("the store takes too long to delete unused pictures")??;
    confirm(db, &claimed).await?;
    Ok(Sweep {
        looked_at,
        deleted: claimed.len() as u64,
        freed_bytes: claimed.iter().map(|object| object.size_bytes).sum(),
    })
}

/// An object that is about to be deleted.
#[derive(Debug)]
pub struct ClaimedObject {
    sha256: Vec<u8>,
    format: String,
    size_bytes: i64,
}

/// Claims marks that are due and needed by nobody, and deletes marks of what is needed. Answers with the number of marks looked at, and the claims.
pub async fn claim(db: &PgPool, grace: Duration) -> sqlx::Result<(u64, Vec<ClaimedObject>)> {
    let mut tx = db.begin().await?;
    if !lock_alone(&mut tx).await? {
        return Ok((0, Vec::new()));
    }
    let marks = sqlx::query!(
        r#"
        with due as (
            select sha256, format from unused_objects
            where swept_at is null and marked_at <= now() - make_interval(secs => $1)
                and (claimed_at is null or claimed_at < now() - make_interval(secs => $3))
            order by marked_at limit $2 for update skip locked
        )
        select mark.sha256, mark.format, mark.size_bytes,
            exists (select 1 from renditions where sha256 = mark.sha256 and format = mark.format)
                or exists (select 1 from campaign_renditions where sha256 = mark.sha256 and format = mark.format)
                or exists (select 1 from family_previews where sha256 = mark.sha256 and format = mark.format) as "needed!"
        from due join unused_objects mark on mark.sha256 = due.sha256 and mark.format = due.format
        "#,
        grace.as_secs_f64(),
        SWEEP_OBJECTS,
        CLAIM_SECONDS
    )
    .fetch_all(&mut *tx)
    .await?;
    let looked_at = marks.len() as u64;
    let (needed, unused): (Vec<_>, Vec<_>) = marks.into_iter().partition(|mark| mark.needed);
    let (hashes, formats): (Vec<_>, Vec<_>) = needed.into_iter().map(|mark| (mark.sha256, mark.format)).unzip();
    delete_marks(&mut tx, &hashes, &formats).await?;
    let claimed: Vec<_> = unused
        .into_iter()
        .map(|mark| ClaimedObject {
            sha256: mark.sha256,
            format: mark.format,
            size_bytes: mark.size_bytes,
        })
        .collect();
    let (hashes, formats) = columns(&claimed);
    sqlx::query!(
        "update unused_objects set claimed_at = now() where (sha256, format) in (select * from unnest($1::bytea[], $2::text[]))",
        &hashes,
        &formats
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((looked_at, claimed))
}

/// Turns claims into tombstones, and counts what they freed for the campaigns that lost the references.
async fn confirm(db: &PgPool, claimed: &[ClaimedObject]) -> sqlx::Result<()> {
    if claimed.is_empty() {
        return Ok(());
    }
    let (hashes, formats) = columns(claimed);
    sqlx::query!(
        r#"
        with deleted as (
            update unused_objects set swept_at = now(), claimed_at = null
            where (sha256, format) in (select * from unnest($1::bytea[], $2::text[])) and claimed_at is not null
            returning campaign_id, size_bytes
        ), freed as (
            select campaign_id, sum(size_bytes)::int8 as bytes from deleted group by campaign_id
        ), counted as (
            update campaigns set freed_bytes = freed_bytes + freed.bytes from freed where campaigns.id = freed.campaign_id
        )
        update operations set updated_at = now() where id in (select campaign_id from freed)
        "#,
        &hashes,
        &formats
    )
    .execute(db)
    .await?;
    Ok(())
}

/// `false`: there is too much going on.
async fn lock_alone(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query!("set local lock_timeout = '200ms'")
        .execute(&mut *tx)
        .await?;
    match sqlx::query!("select pg_advisory_xact_lock($1)", LOCK).execute(tx).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => Ok(false),
        other => other.map(|_| true),
    }
}

fn key(sha256: &[u8], format: &str) -> Option<ContentKey> {
    let known = [Format::Png, Format::Webp].map(Format::as_str);
    let extension = known.into_iter().find(|known| *known == format)?;
    Some(rendition_key(sha256.try_into().ok()?, extension))
}

fn columns(claimed: &[ClaimedObject]) -> (Vec<Vec<u8>>, Vec<String>) {
    claimed
        .iter()
        .map(|object| (object.sha256.clone(), object.format.clone()))
        .unzip()
}
