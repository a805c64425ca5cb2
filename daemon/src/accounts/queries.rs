use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
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
            trust: if row.trust == "trusted" {
                Trust::Trusted
            } else {
                Trust::New
            },
        }
    }
}

pub async fn by_token(db: impl PgExecutor<'_>, token_sha256: &[u8]) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        r#"
        select account.id, account.name, account.role, account.trust
        from tokens token join accounts account on account.id = token.account_id
        where token.token_sha256 = $1 and token.revoked_at is null and (token.expires_at is null or token.expires_at > now())
        "#,
        token_sha256
    )
    .fetch_optional(db)
    .await
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
