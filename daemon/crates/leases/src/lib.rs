//! Leases: a process does work for all others while it holds a row of `leases`.
//!
//! The epoch of a lease is its fencing token. It grows with every new holder, so whatever the previous holder still tries is refused.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor, PgPool};

/// A held lease: its name and the epoch of the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: &'static str,
    pub epoch: i64,
}

/// Takes or renews a lease for `ttl`. `None` while another holder has it.
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

/// As [`hold`], for work that a machine leaves to others while an operator drains it.
pub async fn lead(db: &PgPool, name: &'static str, holder: &str, ttl: Duration) -> sqlx::Result<Option<Lease>> {
    let drained = sqlx::query_scalar!(
        r#"select exists (select from machines where worker = $1 and drained_at is not null) as "drained!""#,
        holder
    );
    if drained.fetch_one(db).await? {
        return Ok(None);
    }
    hold(db, name, holder, ttl).await
}

/// Checks the epoch of a lease in the caller's transaction: nobody takes the lease over before that ends.
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

/// Releases every lease of a holder, so that the next one need not wait.
pub async fn release(db: impl PgExecutor<'_>, holder: &str) -> sqlx::Result<()> {
    sqlx::query!("update leases set expires_at = '-infinity' where holder = $1", holder)
        .execute(db)
        .await?;
    Ok(())
}

/// Releases all leases; safe only when no other process can hold one.
pub async fn release_all(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("update leases set expires_at = '-infinity'")
        .execute(db)
        .await?;
    Ok(())
}
