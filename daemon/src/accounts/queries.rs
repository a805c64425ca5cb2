pub mod links;
pub mod registration;
pub mod tokens;

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
use tradepost_common::review::{BanDetail, Trust, TrustChange};
use tradepost_common::tokens::AccountRole;
use uuid::Uuid;

use super::Account;
use super::service::{Contact, Standing};

pub async fn insert_account(db: impl PgExecutor<'_>, name: &str, role: AccountRole, trust: Trust) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts (id, name, role, trust) values ($1, $2, $3, $4) on conflict (name) do nothing",
        Uuid::now_v7(),
        name,
        role.as_str(),
        trust.as_str()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn by_name(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as!(
        Account,
        r#"select id, name, role as "role: AccountRole", trust as "trust: Trust" from accounts where name = $1 for update"#,
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

pub async fn contact(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<Contact>> {
    sqlx::query_as!(
        Contact,
        r#"
        select id as "id: AccountId", name, email, email_proven_at is not null as "is_proven!",
            (email is not null and password_hash is null) as "is_guest!"
        from accounts where name = $1
        "#,
        name
    )
    .fetch_optional(tx)
    .await
}

pub async fn contact_of(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Contact> {
    sqlx::query_as!(
        Contact,
        r#"
        select id as "id: AccountId", name, email, email_proven_at is not null as "is_proven!",
            (email is not null and password_hash is null) as "is_guest!"
        from accounts where id = $1
        "#,
        id.0
    )
    .fetch_one(tx)
    .await
}

pub async fn set_trust(db: impl PgExecutor<'_>, id: AccountId, trust: Trust) -> sqlx::Result<()> {
    sqlx::query!("update accounts set trust = $2 where id = $1", id.0, trust.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Locks an account until the caller's transaction ends. Whoever decides about a pack locks its account first, then its case, set, upload.
pub async fn lock(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Standing> {
    sqlx::query_as!(
        Standing,
        r#"select trust as "trust: Trust", banned_at is not null as "banned!" from accounts where id = $1 for no key update"#,
        id.0
    )
    .fetch_one(tx)
    .await
}

pub async fn insert_trust_change(
    tx: &mut PgConnection,
    account: AccountId,
    (before, after): (Trust, Trust),
    reason: &str,
    decision: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into trust_changes (account_id, before, after, reason, decision_id) values ($1, $2, $3, $4, $5)",
        account.0,
        before.as_str(),
        after.as_str(),
        reason,
        decision
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves of the trust in an account, newest first.
pub async fn trust_history(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Vec<TrustChange>> {
    sqlx::query_as!(
        TrustChange,
        r#"
        select before as "before: Trust", after as "after: Trust", reason, at
        from trust_changes where account_id = $1 order by id desc limit 100
        "#,
        account.0
    )
    .fetch_all(db)
    .await
}

/// The ban of an account.
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

/// Bans an account: its tokens open nothing any more. The caller holds its lock.
pub async fn ban(tx: &mut PgConnection, account: AccountId, by: &str, reason: &str) -> sqlx::Result<()> {
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

/// Restores the columns of a ban, unless another ban was made or lifted since.
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
