use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::tokens::AccountRole;
use uuid::Uuid;

use crate::accounts::links::{Purpose, SignUp, StoredLink};

pub async fn insert(
    tx: &mut PgConnection,
    id: Uuid,
    purpose: Purpose,
    email: &str,
    sign_up: Option<&SignUp>,
    expires_at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into account_links (id, purpose, email, role, password_hash, expires_at) values ($1, $2, $3, $4, $5, $6)",
        id,
        purpose.as_str(),
        email,
        sign_up.map(|sign_up| sign_up.role.as_str()),
        sign_up.map(|sign_up| sign_up.password_hash.as_str()),
        expires_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A link whose mail is not written.
pub async fn unwritten(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<StoredLink>> {
    sqlx::query_as!(
        StoredLink,
        r#"
        select id, purpose as "purpose: Purpose", email, role as "role: AccountRole", password_hash
        from account_links where id = $1 and token_sha256 is null for update
        "#,
        id
    )
    .fetch_optional(tx)
    .await
}

pub async fn set_secret(tx: &mut PgConnection, id: Uuid, token_sha256: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "update account_links set token_sha256 = $2 where id = $1",
        id,
        token_sha256
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn lock(tx: &mut PgConnection, purpose: Purpose, token_sha256: &[u8]) -> sqlx::Result<Option<StoredLink>> {
    sqlx::query_as!(
        StoredLink,
        r#"
        select id, purpose as "purpose: Purpose", email, role as "role: AccountRole", password_hash
        from account_links where token_sha256 = $1 and purpose = $2 and used_at is null and expires_at > now() for update
        "#,
        token_sha256,
        purpose.as_str()
    )
    .fetch_optional(tx)
    .await
}

/// Uses up all links of a purpose that an address got.
pub async fn use_up(tx: &mut PgConnection, purpose: Purpose, email: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update account_links set used_at = now() where purpose = $1 and email = $2 and used_at is null",
        purpose.as_str(),
        email
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn delete_expired(db: impl sqlx::PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("delete from account_links where expires_at < now() - interval '1 day'")
        .execute(db)
        .await?;
    Ok(())
}
