//! Makes tokens and finds out who a token belongs to; closes accounts and opens them again.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
use tradepost_common::review::{BanDetail, TrustChange};

use super::{Account, AccountName, AccountRole, Trust, queries, trust};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use tradepost_store::sha256;

/// What every token starts with, so that a leaked one can be recognised.
const TOKEN_PREFIX: &str = "tp_";

/// What `token create` is asked for.
#[derive(Debug)]
pub struct NewToken {
    pub account: AccountName,
    pub role: AccountRole,
    /// `None` leaves the trust of an existing account as it is; a new account starts as new.
    pub trust: Option<Trust>,
    pub expires_at: Option<OffsetDateTime>,
}

/// Makes a token for an account; the account is made when it is not there. Answers with the secret.
///
/// # Errors
/// A conflict when the account exists with another role.
pub async fn create_token(db: &PgPool, actor: &Actor, new: &NewToken) -> ApiResult<String> {
    let secret = format!("{TOKEN_PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()));
    let mut tx = db.begin().await?;
    let name = new.account.as_str();
    queries::insert_account(
        &mut *tx,
        name,
        new.role.as_str(),
        new.trust.unwrap_or(Trust::New).as_str(),
    )
    .await?;
    let account: Account = queries::by_name(&mut *tx, name)
        .await?
        .ok_or(ApiError::NotFound("account"))?
        .into();
    if account.role != new.role {
        let detail = format!("The account {name} exists and is a {}.", account.role.as_str());
        return Err(ApiError::conflict("account-role", detail));
    }
    if let Some(trust) = new.trust
        && trust != account.trust
    {
        let by_hand = format!("set by {}", actor.user);
        trust::set(&mut tx, account.id, (account.trust, trust), &by_hand, None).await?;
    }
    queries::insert_token(&mut *tx, account.id, &sha256(secret.as_bytes()), new.expires_at).await?;
    let detail = serde_json::json!({ "role": new.role.as_str(), "trust": new.trust.map(Trust::as_str) });
    audit::record(&mut tx, actor, "token.create", &format!("account:{name}"), detail).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Takes all tokens of an account back. Answers with how many worked until now.
///
/// # Errors
/// Not found when there is no such account.
pub async fn revoke_tokens(db: &PgPool, actor: &Actor, name: &AccountName) -> ApiResult<u64> {
    let mut tx = db.begin().await?;
    let account = queries::by_name(&mut *tx, name.as_str())
        .await?
        .ok_or(ApiError::NotFound("account"))?;
    let revoked = queries::revoke_tokens(&mut *tx, account.id).await?;
    let subject = format!("account:{}", name.as_str());
    audit::record(
        &mut tx,
        actor,
        "token.revoke",
        &subject,
        serde_json::json!({ "tokens": revoked }),
    )
    .await?;
    tx.commit().await?;
    Ok(revoked)
}

/// The account a bearer token belongs to.
///
/// # Errors
/// Unauthorized when there is no such token, or it has expired or was revoked; banned when the account is closed.
pub async fn authenticate(db: &PgPool, secret: &str) -> ApiResult<Account> {
    let row = queries::by_token(db, &sha256(secret.as_bytes())).await?;
    let row = row.ok_or(ApiError::Unauthorized(
        "The bearer token is unknown, expired or revoked.",
    ))?;
    if row.is_banned {
        let why = row.ban_reason.unwrap_or_default();
        return Err(ApiError::Banned(
            format!("A moderator closed your account. {why}").trim_end().to_owned(),
        ));
    }
    Ok(row.account)
}

/// What an account is worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub trust: Trust,
    pub banned: bool,
}

/// Locks an account until the caller's transaction ends. Whoever judges a pack locks its account first, then its case, set, upload.
pub async fn lock(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Standing> {
    let row = queries::lock_standing(tx, id).await?;
    Ok(Standing {
        trust: Trust::of(&row.trust),
        banned: row.banned,
    })
}

/// The account of that name.
///
/// # Errors
/// Not found.
pub async fn find(db: &PgPool, name: &str) -> ApiResult<AccountId> {
    let id = queries::id_of(db, name).await?;
    id.ok_or(ApiError::NotFound("account"))
}

/// Why an account is closed, if it is.
pub async fn ban_of(db: &PgPool, id: AccountId) -> sqlx::Result<Option<BanDetail>> {
    queries::ban_of(db, id).await
}

/// How the trust in an account came about, newest first.
pub async fn trust_history(db: &PgPool, id: AccountId) -> sqlx::Result<Vec<TrustChange>> {
    queries::trust_history(db, id).await
}

/// Closes an account: its tokens open nothing any more. The caller holds its lock.
pub async fn ban(tx: &mut PgConnection, id: AccountId, by: &str, reason: &str) -> sqlx::Result<()> {
    queries::set_ban(tx, id, by, reason).await
}

/// How open or closed an account is, for `restore_ban`.
pub async fn remember_ban(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<serde_json::Value> {
    queries::remember_ban(tx, id).await
}

/// Opens or closes an account as it was before the ban of that time, unless somebody else did something about it since.
pub async fn restore_ban(
    tx: &mut PgConnection,
    id: AccountId,
    made_at: OffsetDateTime,
    before: &serde_json::Value,
) -> sqlx::Result<()> {
    queries::restore_ban(tx, id, made_at, before).await
}

/// Opens a closed account again; what was rejected stays rejected.
///
/// # Errors
/// Not found, or a conflict when it is not closed.
pub async fn unban(db: &PgPool, actor: &Actor, name: &str) -> ApiResult<()> {
    let id = find(db, name).await?;
    let mut tx = db.begin().await?;
    lock(&mut tx, id).await?;
    if !queries::lift_ban(&mut tx, id).await? {
        return Err(ApiError::conflict(
            "not-banned",
            format!("The account {name} is not banned."),
        ));
    }
    audit::record(
        &mut tx,
        actor,
        "account.unban",
        &format!("account:{name}"),
        serde_json::json!({}),
    )
    .await?;
    Ok(tx.commit().await?)
}
