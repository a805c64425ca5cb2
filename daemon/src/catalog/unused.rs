//! Pictures that nothing refers to any more: marked first, deleted after a while, and never under the feet of somebody who needs them.
//!
//! Objects are named by their content, so the very bytes that are about to be deleted may be drawn again at any time. Who draws them
//! sees the object in the store, does not write it a second time, and then commits a row that refers to it. So whoever refers to pictures
//! calls [`keep`] in that same transaction: it takes their marks away. A sweep runs while no such transaction does (they share a lock that
//! it has alone), deletes, and leaves the marks as tombstones: whoever finds one there has put its bytes too early, and puts them again.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::objects::rendition_key;
use crate::queue::Outcome;
use tradepost_store::{ContentKey, Store};

/// Objects that one sweep deletes at most: whoever refers to a picture waits for it.
const AT_ONCE: i64 = 100;
/// Shared by those who refer to pictures, held alone by a sweep. It queues for no longer than its `lock_timeout`: others wait behind it.
const LOCK: i64 = 0x7472_6170_6963;

/// A picture, as its object is called.
pub type Key = ([u8; 32], &'static str);

/// Some of the objects were deleted after they were put: put them again.
#[derive(Debug, thiserror::Error)]
#[error("{} picture(s) were collected while they were drawn again", .0.len())]
pub struct Swept(Vec<Vec<u8>>);

/// What [`keep`] says.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error(transparent)]
    Swept(#[from] Swept),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("looking for a picture in the store: {0}")]
    Store(#[from] std::io::Error),
}

/// Keeps pictures from being deleted that the caller's transaction refers to, and has put before.
///
/// # Errors
/// [`Swept`]: the transaction must be given up; put the pictures and try again.
pub async fn keep(tx: &mut PgConnection, store: &Store, pictures: &[Key]) -> Result<(), KeepError> {
    let (hashes, formats) = columns(pictures);
    // A statement of its own: the next one must see what the sweep did that this one waited for.
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", LOCK)
        .execute(&mut *tx)
        .await?;
    let marks = sqlx::query!(
        r#"
        select mark.sha256, mark.format, mark.swept_at is not null as "swept!" from unused_objects mark
        where (mark.sha256, mark.format) in (select * from unnest($1::bytea[], $2::text[]))
        order by mark.sha256, mark.format for update
        "#,
        &hashes,
        &formats
    )
    .fetch_all(&mut *tx)
    .await?;
    if marks.is_empty() {
        return Ok(());
    }
    let mut gone = Vec::new();
    for mark in marks.into_iter().filter(|mark| mark.swept) {
        // No sweep runs while the lock is held: what is there stays.
        let Some(key) = key(&mark.sha256, &mark.format) else {
            continue;
        };
        if !store.has_content(&key).await? {
            gone.push(mark.sha256);
        }
    }
    if !gone.is_empty() {
        return Err(Swept(gone).into());
    }
    sqlx::query!(
        "delete from unused_objects where (sha256, format) in (select * from unnest($1::bytea[], $2::text[]))",
        &hashes,
        &formats
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What a message comes to that failed with `error`: when its pictures were swept after it put them, it is done again at once.
///
/// # Errors
/// Any other error, as it is.
pub fn put_again(error: anyhow::Error) -> anyhow::Result<Outcome> {
    match error.downcast_ref::<KeepError>() {
        Some(KeepError::Swept(_)) => Ok(Outcome::Retry(Duration::ZERO)),
        _ => Err(error),
    }
}

/// Marks pictures that have lost a reference. The caller's transaction is the one that takes it away.
///
/// # Errors
/// When the database does not answer.
pub async fn mark(
    tx: &mut PgConnection,
    campaign: Uuid,
    hashes: &[Vec<u8>],
    formats: &[String],
    sizes: &[i64],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into unused_objects (campaign_id, sha256, format, size_bytes)
        select $1, sha256, format, max(size_bytes) from unnest($2::bytea[], $3::text[], $4::int8[]) as object (sha256, format, size_bytes)
        group by sha256, format order by sha256, format
        on conflict (sha256, format) do update set marked_at = now(), campaign_id = excluded.campaign_id
            where unused_objects.swept_at is null
        "#,
        campaign,
        hashes,
        formats,
        sizes
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What a sweep did.
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
/// When the database or the store do not answer. What was deleted is then still marked, and deleting it again is harmless.
pub async fn sweep(db: &PgPool, store: &Store, grace: Duration) -> anyhow::Result<Sweep> {
    let mut tx = db.begin().await?;
    if !lock_alone(&mut tx).await? {
        return Ok(Sweep::default());
    }
    let marks = sqlx::query!(
        r#"
        with due as (
            select sha256, format from unused_objects
            where swept_at is null and marked_at <= now() - make_interval(secs => $1)
            order by marked_at limit $2 for update skip locked
        )
        select mark.sha256, mark.format, mark.size_bytes, mark.campaign_id,
            exists (select 1 from renditions where sha256 = mark.sha256 and format = mark.format)
                or exists (select 1 from campaign_renditions where sha256 = mark.sha256 and format = mark.format)
                or exists (select 1 from family_previews where sha256 = mark.sha256 and format = mark.format) as "needed!"
        from due join unused_objects mark on mark.sha256 = due.sha256 and mark.format = due.format
        "#,
        grace.as_secs_f64(),
        AT_ONCE
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut sweep = Sweep {
        looked_at: marks.len() as u64,
        ..Sweep::default()
    };
    let (mut swept, mut needed) = (Vec::new(), Vec::new());
    for mark in marks {
        if mark.needed {
            needed.push((mark.sha256, mark.format));
            continue;
        }
        sweep.deleted += 1;
        sweep.freed_bytes = sweep.freed_bytes.saturating_add(mark.size_bytes);
        swept.push(mark.sha256.clone());
        // Whoever refers to the same bytes now waits for our lock: that is what it is for.
        delete(store, &mark.sha256, &mark.format).await?;
        if let Some(campaign) = mark.campaign_id {
            freed(&mut tx, campaign, mark.size_bytes).await?;
        }
    }
    let (hashes, formats): (Vec<_>, Vec<_>) = needed.into_iter().unzip();
    delete_marks(&mut tx, &hashes, &formats).await?;
    sqlx::query!(
        "update unused_objects set swept_at = now() where sha256 = any($1) and swept_at is null",
        &swept
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(sweep)
}

/// Forgets tombstones that nobody can need any more.
///
/// # Errors
/// When the database does not answer.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("delete from unused_objects where swept_at < now() - interval '1 day'")
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

async fn delete(store: &Store, sha256: &[u8], format: &str) -> anyhow::Result<()> {
    let key = key(sha256, format).context("a mark that names no picture")?;
    store
        .delete_content(&key)
        .await
        .context("deleting a picture that nothing needs")
}

fn key(sha256: &[u8], format: &str) -> Option<ContentKey> {
    use tradepost_render::presets::Format;
    let known = [Format::Png, Format::Webp].into_iter().map(Format::as_str);
    let extension = known.into_iter().find(|known| *known == format)?;
    Some(rendition_key(sha256.try_into().ok()?, extension))
}

async fn freed(tx: &mut PgConnection, campaign: Uuid, size_bytes: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update campaigns set freed_bytes = freed_bytes + $2, updated_at = now() where id = $1",
        campaign,
        size_bytes
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn delete_marks(tx: &mut PgConnection, hashes: &[Vec<u8>], formats: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from unused_objects
        where (sha256, format) in (select * from unnest($1::bytea[], $2::text[])) and swept_at is null
        "#,
        hashes,
        formats
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn columns(pictures: &[Key]) -> (Vec<Vec<u8>>, Vec<String>) {
    pictures
        .iter()
        .map(|(sha256, format)| (sha256.to_vec(), (*format).to_owned()))
        .unzip()
}
