use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
use tradepost_common::review::{BanDetail, TrustChange};
use uuid::Uuid;

use super::{Account, AccountRole, Trust};

pub struct AccountRow {
    pub id: Uuid,
    pub name: String,
    pub role: String,
    pub trust: String,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: AccountId(row.id),
            name: row.name,
            role: if row.role == "buyer" {
                AccountRole::Buyer
            } else {
                AccountRole::Contributor
            },
            trust: Trust::of(&row.trust),
        }
    }
}

/// An account that a token belongs to; a closed one may do nothing.
pub struct TokenRow {
    pub account: Account,
    pub is_banned: bool,
    pub ban_reason: Option<String>,
}

pub async fn by_token(db: impl PgExecutor<'_>, token_sha256: &[u8]) -> sqlx::Result<Option<TokenRow>> {
    let row = sqlx::query!(
        r#"
        select account.id, account.name, account.role, account.trust, account.banned_at is not null as "is_banned!", account.ban_reason
        from tokens token join accounts account on account.id = token.account_id
        where token.token_sha256 = $1 and token.revoked_at is null and (token.expires_at is null or token.expires_at > now())
        "#,
        token_sha256
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| TokenRow {
        account: Account::from(AccountRow {
            id: row.id,
            name: row.name,
            role: row.role,
            trust: row.trust,
        }),
        is_banned: row.is_banned,
        ban_reason: row.ban_reason,
    }))
}

pub async fn insert_account(db: impl PgExecutor<'_>, name: &str, role: &str, trust: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts (id, name, role, trust) values ($1, $2, $3, $4) on conflict (name) do nothing",
        Uuid::now_v7(),
        name,
        role,
        trust
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn by_name(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        "select id, name, role, trust from accounts where name = $1 for update",
        name
    )
    .fetch_optional(db)
    .await
}

pub async fn id_of(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<AccountId>> {
    let id = sqlx::query_scalar!("select id from accounts where name = $1", name)
        .fetch_optional(db)
        .await?;
    Ok(id.map(AccountId))
}

pub async fn set_trust(db: impl PgExecutor<'_>, id: Uuid, trust: &str) -> sqlx::Result<()> {
    sqlx::query!("update accounts set trust = $2 where id = $1", id, trust)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn insert_token(
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

pub async fn revoke_tokens(db: impl PgExecutor<'_>, account: Uuid) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update tokens set revoked_at = now() where account_id = $1 and revoked_at is null",
        account
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// What an account is worth now.
pub struct StandingRow {
    pub trust: String,
    pub banned: bool,
}

/// Locks the account for whoever judges it; uploads of it may still start meanwhile.
pub async fn lock_standing(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<StandingRow> {
    sqlx::query_as!(
        StandingRow,
        r#"select trust, banned_at is not null as "banned!" from accounts where id = $1 for no key update"#,
        id.0
    )
    .fetch_one(tx)
    .await
}

pub async fn insert_trust_change(
    tx: &mut PgConnection,
    account: AccountId,
    moved: (&str, &str),
    reason: &str,
    decision: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into trust_changes (account_id, before, after, reason, decision_id) values ($1, $2, $3, $4, $5)",
        account.0,
        moved.0,
        moved.1,
        reason,
        decision
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn trust_history(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Vec<TrustChange>> {
    sqlx::query_as!(
        TrustChange,
        "select before, after, reason, at from trust_changes where account_id = $1 order by id desc limit 100",
        account.0
    )
    .fetch_all(db)
    .await
}

pub async fn ban_of(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Option<BanDetail>> {
    let row = sqlx::query!(
        "select banned_by, banned_at, ban_reason from accounts where id = $1",
        account.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.banned_by.zip(row.banned_at).map(|(by, at)| BanDetail {
        by,
        at,
        reason: row.ban_reason,
    }))
}

pub async fn set_ban(tx: &mut PgConnection, account: AccountId, by: &str, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set banned_at = now(), banned_by = $2, ban_reason = $3 where id = $1",
        account.0,
        by,
        reason
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn lift_ban(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update accounts set banned_at = null, banned_by = null, ban_reason = null where id = $1 and banned_at is not null",
        account.0
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The columns of a ban as they are, for `restore_ban`.
pub async fn remember_ban(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<serde_json::Value> {
    sqlx::query_scalar!(
        r#"
        select jsonb_build_object('banned_at', banned_at, 'banned_by', banned_by, 'ban_reason', ban_reason) as "ban!"
        from accounts where id = $1
        "#,
        account.0
    )
    .fetch_one(tx)
    .await
}

/// Puts the columns back, if the ban is still the one made at that time.
pub async fn restore_ban(
    tx: &mut PgConnection,
    account: AccountId,
    made_at: OffsetDateTime,
    before: &serde_json::Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update accounts set banned_at = ($3::jsonb ->> 'banned_at')::timestamptz, banned_by = $3::jsonb ->> 'banned_by',
            ban_reason = $3::jsonb ->> 'ban_reason'
        where id = $1 and banned_at = $2
        "#,
        account.0,
        made_at,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}
