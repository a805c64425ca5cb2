//! Leases: what one process does for all, it does while it holds a row with a fencing epoch.
//!
//! Whoever takes a lease over has a higher epoch, and what the old holder still tries with its own is refused.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};

/// A lease that is held: its name and the epoch of the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: &'static str,
    pub epoch: i64,
}

/// Takes or renews a lease for `ttl`. `None` while somebody else holds it.
///
/// # Errors
/// When the database does not answer.
pub async fn hold(db: &PgPool, name: &'static str, holder: &str, ttl: Duration) -> sqlx::Result<Option<Lease>> {
    let epoch = sqlx::query_scalar!(
        r#"
        insert into leases (name, holder, epoch, expires_at) values ($1, $2, 1, now() + make_interval(secs => $3))
        on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at,
            epoch = leases.epoch + case when leases.holder = excluded.holder then 0 else 1 end
        where leases.holder = excluded.holder or leases.expires_at < now()
        returning epoch
        "#,
        name,
        holder,
        ttl.as_secs_f64()
    )
    .fetch_optional(db)
    .await?;
    Ok(epoch.map(|epoch| Lease { name, epoch }))
}

/// Whether a lease is still ours, as part of the caller's transaction: nobody takes it over before that ends.
///
/// # Errors
/// When the database does not answer.
pub async fn is_held(tx: &mut PgConnection, lease: &Lease) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        "select epoch from leases where name = $1 and epoch = $2 and expires_at > now() for share",
        lease.name,
        lease.epoch
    )
    .fetch_optional(tx)
    .await?;
    Ok(held.is_some())
}

/// Gives up every lease of a holder, so that the next one need not wait.
///
/// # Errors
/// When the database does not answer.
pub async fn release(db: &PgPool, holder: &str) -> sqlx::Result<()> {
    sqlx::query!("update leases set expires_at = '-infinity' where holder = $1", holder)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends all leases: right only when no other process can hold one.
///
/// # Errors
/// When the database does not answer.
pub async fn release_all(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("update leases set expires_at = '-infinity'")
        .execute(db)
        .await?;
    Ok(())
}
