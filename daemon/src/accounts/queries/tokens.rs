use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, TokenId};
use tradepost_common::review::Trust;
use tradepost_common::tokens::{AccountRole, TokenRow, TokenState};
use uuid::Uuid;

use crate::accounts::Account;

/// A token that may be used, and whose it is.
pub struct TokenOwner {
    pub token: TokenId,
    pub account: Account,
    pub is_banned: bool,
    pub ban_reason: Option<String>,
    /// The last use that is known is more than an hour ago.
    pub is_use_due: bool,
}

pub async fn find_owner(db: impl PgExecutor<'_>, token_sha256: &[u8]) -> sqlx::Result<Option<TokenOwner>> {
    let row = sqlx::query!(
        r#"
        select account.id as "id: AccountId", account.name, account.role as "role: AccountRole", account.trust as "trust: Trust",
            account.banned_at is not null as "is_banned!", account.ban_reason, token.id as "token: TokenId",
            (token.last_used_at is null or token.last_used_at < now() - interval '1 hour') as "is_use_due!"
        from tokens token join accounts account on account.id = token.account_id
        where token.token_sha256 = $1 and token.revoked_at is null and (token.expires_at is null or token.expires_at > now())
        "#,
        token_sha256
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| TokenOwner {
        token: row.token,
        account: Account {
            id: row.id,
            name: row.name,
            role: row.role,
            trust: row.trust,
        },
        is_banned: row.is_banned,
        ban_reason: row.ban_reason,
        is_use_due: row.is_use_due,
    }))
}

/// Notes a use, unless another request has noted one of this hour.
pub async fn set_used(db: impl PgExecutor<'_>, id: TokenId) -> sqlx::Result<()> {
    sqlx::query!(
        "update tokens set last_used_at = now() where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 hour')",
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn insert(
    db: impl PgExecutor<'_>,
    account: AccountId,
    token_sha256: &[u8],
    expires_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tokens (id, account_id, token_sha256, expires_at) values ($1, $2, $3, $4)",
        Uuid::now_v7(),
        account.0,
        token_sha256,
        expires_at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Tokens, newest first: all, those of an account, or one.
pub async fn list(
    db: impl PgExecutor<'_>,
    account: Option<&str>,
    id: Option<TokenId>,
    before: Option<TokenId>,
    limit: i64,
) -> sqlx::Result<Vec<TokenRow>> {
    sqlx::query_as!(
        TokenRow,
        r#"
        select token.id as "id: TokenId", account.name as account, account.role as "role: AccountRole",
            account.banned_at is not null as "banned!", token.created_at, token.expires_at, token.last_used_at, token.revoked_at,
            case when token.revoked_at is not null then 'revoked' when token.expires_at <= now() then 'expired' else 'active' end
                as "state!: TokenState"
        from tokens token join accounts account on account.id = token.account_id
        where ($1::text is null or account.name = $1) and ($2::uuid is null or token.id = $2) and ($3::uuid is null or token.id < $3)
        order by token.id desc limit $4
        "#,
        account,
        id.map(|id| id.0),
        before.map(|id| id.0),
        limit
    )
    .fetch_all(db)
    .await
}

/// `false`: there is none, or it was revoked before.
pub async fn revoke(db: impl PgExecutor<'_>, id: TokenId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update tokens set revoked_at = now() where id = $1 and revoked_at is null",
        id.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn revoke_all(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update tokens set revoked_at = now() where account_id = $1 and revoked_at is null",
        account.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Tokens with ids of a range, and their titles.
pub async fn in_range(
    db: impl PgExecutor<'_>,
    (first, last): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        r#"select token.id, account.name as title from tokens token join accounts account on account.id = token.account_id
        where token.id between $1 and $2 order by token.id limit $3"#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
