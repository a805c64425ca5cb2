//! Garbage collection of pictures in the store: marked when a reference is deleted, deleted after a grace period if none is left.
//!
//! Objects are named by their content, so the bytes that are about to be deleted may be rendered again at any time. Whoever renders them
//! finds the object in the store, does not write it a second time, and then commits a row that refers to it. So whoever refers to
//! pictures calls [`keep`] in that same transaction. No lock and no transaction is held while the store works:
//!
//! 1. A sweep claims marks that are due and that nothing refers to, in a short transaction that excludes those of [`keep`].
//! 2. It deletes the objects. While a picture is claimed, [`keep`] refuses it and the caller tries again later.
//! 3. It turns the claims into tombstones. [`keep`] refuses a picture with a tombstone: its bytes may have been put before they were
//!    deleted. [`restore`] puts them again and removes the tombstone.
//!
//! A sweep that dies leaves claims, and a later one takes them over: deleting twice is harmless.

mod sweep;

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::sweep::{ClaimedObject, Sweep, claim, sweep};
use tradepost_queue::Outcome;
use tradepost_store::{ContentKey, Store};

/// A claimed picture is tried again after this time.
const CLAIMED_RETRY: Duration = Duration::from_millis(500);
/// Shared by [`keep`] until its transaction ends, held alone while a sweep claims.
const LOCK: i64 = 0x7472_6170_6963;

/// SHA-256 and format of a picture.
pub type Key = ([u8; 32], &'static str);

/// A picture that a transaction refers to can not be relied on.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error("a picture is being deleted")]
    Claimed,
    #[error("{} picture(s) were deleted after they were put", .0.len())]
    Deleted(Vec<Tombstone>),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A picture that a sweep has deleted.
#[derive(Debug, Clone)]
pub struct Tombstone {
    sha256: Vec<u8>,
    format: String,
    swept_at: OffsetDateTime,
}

/// Keeps sweeps from deleting anything for as long as the connection lives: a backup reads what they would delete.
pub async fn hold(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_lock_shared($1)")
        .bind(LOCK)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps pictures from being deleted that the caller has put and its transaction refers to.
///
/// # Errors
/// [`KeepError::Claimed`] and [`KeepError::Deleted`]: roll back and call [`restore`].
pub async fn keep(tx: &mut PgConnection, pictures: &[Key]) -> Result<(), KeepError> {
    let (hashes, formats): (Vec<_>, Vec<_>) = pictures
        .iter()
        .map(|(sha256, format)| (sha256.to_vec(), (*format).to_owned()))
        .unzip();
    // A statement of its own: the next one must see what a sweep claimed that this one waited for.
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", LOCK)
        .execute(&mut *tx)
        .await?;
    let marks = sqlx::query!(
        r#"
        select sha256, format, claimed_at is not null as "claimed!", swept_at from unused_objects
        where (sha256, format) in (select * from unnest($1::bytea[], $2::text[])) order by sha256, format for update
        "#,
        &hashes,
        &formats
    )
    .fetch_all(&mut *tx)
    .await?;
    if marks.iter().any(|mark| mark.claimed) {
        return Err(KeepError::Claimed);
    }
    let is_marked = !marks.is_empty();
    let tombstone = |(sha256, format, swept_at): (_, _, Option<_>)| {
        let swept_at = swept_at?;
        Some(Tombstone {
            sha256,
            format,
            swept_at,
        })
    };
    let marks = marks.into_iter().map(|mark| (mark.sha256, mark.format, mark.swept_at));
    let deleted: Vec<_> = marks.filter_map(tombstone).collect();
    if !deleted.is_empty() {
        return Err(KeepError::Deleted(deleted));
    }
    if is_marked {
        delete_marks(tx, &hashes, &formats).await?;
    }
    Ok(())
}

/// Puts pictures again that [`keep`] has refused, and answers with when the caller is to try again.
///
/// # Errors
/// An error that is not of [`keep`], as it is.
pub async fn restore(
    db: &PgPool,
    store: &Store,
    error: anyhow::Error,
    objects: Vec<(ContentKey, Bytes)>,
) -> anyhow::Result<Outcome> {
    match error.downcast_ref::<KeepError>() {
        Some(KeepError::Claimed) => Ok(Outcome::Retry(CLAIMED_RETRY)),
        Some(KeepError::Deleted(tombstones)) => {
            store
                .put_content(objects)
                .await
                .context("putting deleted pictures again")?;
            remove(db, tombstones).await?;
            Ok(Outcome::Retry(Duration::ZERO))
        }
        _ => Err(error),
    }
}

/// Marks pictures that have lost a reference, in the transaction that deletes the reference.
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

/// Forgets tombstones that nobody can need any more.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("delete from unused_objects where swept_at < now() - interval '1 day'")
        .execute(db)
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

/// Removes exactly these tombstones: a later one of the same picture stands for a later deletion.
async fn remove(db: &PgPool, tombstones: &[Tombstone]) -> sqlx::Result<()> {
    let hashes: Vec<_> = tombstones.iter().map(|tombstone| tombstone.sha256.clone()).collect();
    let formats: Vec<_> = tombstones.iter().map(|tombstone| tombstone.format.clone()).collect();
    let times: Vec<_> = tombstones.iter().map(|tombstone| tombstone.swept_at).collect();
    sqlx::query!(
        r#"
        delete from unused_objects
        where (sha256, format, swept_at) in (select * from unnest($1::bytea[], $2::text[], $3::timestamptz[]))
        "#,
        &hashes,
        &formats,
        &times
    )
    .execute(db)
    .await?;
    Ok(())
}
