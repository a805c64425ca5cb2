use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, TokenId};
use tradepost_common::review::Trust;
use tradepost_common::tokens::{AccountRole, Scope, TokenRow, TokenState};
use uuid::Uuid;

use crate::accounts::login::TokenKind;
use crate::accounts::tokens::ApiToken;
use crate::accounts::{Account, Login};
use crate::error::ApiError;

/// A token that may be used, and whose it is.
pub struct TokenOwner {
    pub login: Login,
    /// The last use that is known is more than an hour ago.
    pub is_use_due: bool,
}

pub async fn find_owner(
    db: impl PgExecutor<'_>,
    token_sha256: &[u8],
    kind: TokenKind,
) -> sqlx::Result<Option<TokenOwner>> {
    let row = sqlx::query!(
        r#"
        select account.id as "id: AccountId", account.name, account.role as "role: AccountRole", account.trust as "trust: Trust",
            account.banned_at is not null as "is_banned!", account.ban_reason, token.id as "token: TokenId",
            token.scopes as "scopes: Vec<Scope>",
            coalesce(token.last_used_at < now() - make_interval(secs => least(3600, token.idle_seconds / 4)), true) as "is_use_due!"
        from tokens token join accounts account on account.id = token.account_id
        where token.token_sha256 = $1 and token.kind = $2 and token.revoked_at is null
            and (token.expires_at is null or token.expires_at > now())
            and (token.idle_seconds is null
                or coalesce(token.last_used_at, token.created_at) > now() - make_interval(secs => token.idle_seconds))
        "#,
        token_sha256,
        kind.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| TokenOwner {
        login: Login {
            account: Account {
                id: row.id,
                name: row.name,
                role: row.role,
                trust: row.trust,
            },
            token: row.token,
            kind,
            scopes: row.scopes,
            suspended: row.is_banned.then(|| ApiError::ban_text(row.ban_reason.as_deref())),
        },
        is_use_due: row.is_use_due,
    }))
}

/// Notes a use, unless another request has just noted one.
pub async fn set_used(db: impl PgExecutor<'_>, id: TokenId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update tokens set last_used_at = now()
        where id = $1 and coalesce(last_used_at < now() - make_interval(secs => least(3600, idle_seconds / 4)), true)
        "#,
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A token or a session to be inserted.
pub struct NewTokenRow<'a> {
    pub kind: TokenKind,
    pub label: &'a str,
    pub scopes: &'a [Scope],
    pub expires_at: Option<OffsetDateTime>,
    pub idle_seconds: Option<i32>,
}

pub async fn insert(
    db: impl PgExecutor<'_>,
    account: AccountId,
    token_sha256: &[u8],
    new: &NewTokenRow<'_>,
) -> sqlx::Result<TokenId> {
    let id = TokenId::new();
    let scopes: Vec<_> = new.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        insert into tokens (id, account_id, token_sha256, kind, label, scopes, expires_at, idle_seconds)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        id.0,
        account.0,
        token_sha256,
        new.kind.as_str(),
        new.label,
        &scopes,
        new.expires_at,
        new.idle_seconds
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// Tokens of an account that are not revoked, newest first; one of them, where an id is given.
pub async fn own(
    db: impl PgExecutor<'_>,
    account: AccountId,
    id: Option<TokenId>,
    before: Option<TokenId>,
    limit: i64,
) -> sqlx::Result<Vec<ApiToken>> {
    sqlx::query_as!(
        ApiToken,
        r#"
        select id as "id: TokenId", label, scopes as "scopes: Vec<Scope>", created_at, expires_at, last_used_at,
            case when expires_at <= now() then 'expired' else 'active' end as "state!: TokenState"
        from tokens where account_id = $1 and kind = 'token' and revoked_at is null
            and ($2::uuid is null or id = $2) and ($3::uuid is null or id < $3)
        order by id desc limit $4
        "#,
        account.0,
        id.map(|id| id.0),
        before.map(|id| id.0),
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn count_own(tx: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from tokens where account_id = $1 and kind = 'token' and revoked_at is null"#,
        account.0
    )
    .fetch_one(tx)
    .await
}

pub async fn revoke_sessions(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "update tokens set revoked_at = now() where account_id = $1 and kind = 'session' and revoked_at is null",
        account.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes sessions that are over.
pub async fn delete_ended_sessions(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from tokens where kind = 'session' and (expires_at < now() or revoked_at < now() - interval '7 days')"
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
        where token.kind = 'token' and ($1::text is null or account.name = $1) and ($2::uuid is null or token.id = $2)
            and ($3::uuid is null or token.id < $3)
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
        where token.kind = 'token' and token.id between $1 and $2 order by token.id limit $3"#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
