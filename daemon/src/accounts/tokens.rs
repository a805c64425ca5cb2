//! Creates, checks, lists and revokes bearer tokens.

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::TokenId;
use tradepost_common::review::Trust;
use tradepost_common::tokens::{AccountRole, RevokedTokens, TokenRow};

pub use super::queries::tokens::in_range;
use super::queries::{self, tokens};
use super::{Account, AccountName, trust};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use tradepost_store::sha256;

/// Prefix of every token, so that a leaked one can be recognised.
const TOKEN_PREFIX: &str = "tp_";

/// A token to be created.
#[derive(Debug)]
pub struct NewToken {
    pub account: AccountName,
    pub role: AccountRole,
    /// `None` leaves the trust of an existing account as it is; a new account starts as new.
    pub trust: Option<Trust>,
    pub expires_at: Option<OffsetDateTime>,
}

/// Creates a token, and its account where there is none. Answers with the secret.
///
/// # Errors
/// A conflict when the account exists with another role.
pub async fn create(db: &PgPool, actor: &Actor, new: &NewToken) -> ApiResult<String> {
    let secret = format!("{TOKEN_PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()));
    let mut tx = db.begin().await?;
    let name = new.account.as_str();
    queries::insert_account(&mut *tx, name, new.role, new.trust.unwrap_or(Trust::New)).await?;
    let account = queries::by_name(&mut *tx, name)
        .await?
        .ok_or(ApiError::NotFound("account"))?;
    if account.role != new.role {
        let detail = format!("The account {name} exists and is a {}.", account.role);
        return Err(ApiError::conflict("account-role", detail));
    }
    if let Some(trust) = new.trust
        && trust != account.trust
    {
        let by_hand = format!("set by {}", actor.user);
        trust::set(&mut tx, account.id, (account.trust, trust), &by_hand, None).await?;
    }
    tokens::insert(&mut *tx, account.id, &sha256(secret.as_bytes()), new.expires_at).await?;
    let detail = json!({ "role": new.role, "trust": new.trust });
    audit::record(
        &mut tx,
        actor,
        AuditAct::TokenCreate,
        &format!("account:{name}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(secret)
}

/// The account a bearer token belongs to.
///
/// # Errors
/// Unauthorized when there is no such token, or it has expired or was revoked; banned when the account is.
pub async fn authenticate(db: &PgPool, secret: &str) -> ApiResult<Account> {
    let owner = tokens::find_owner(db, &sha256(secret.as_bytes())).await?;
    let owner = owner.ok_or(ApiError::Unauthorized(
        "The bearer token is unknown, expired or revoked.",
    ))?;
    if owner.is_banned {
        return Err(ApiError::banned(owner.ban_reason.as_deref()));
    }
    if owner.is_use_due
        && let Err(error) = tokens::set_used(db, owner.token).await
    {
        tracing::warn!(token.id = %owner.token, %error, "could not note the use of a token");
    }
    Ok(owner.account)
}

/// Tokens, newest first: all, or those of an account.
pub async fn list(
    db: &PgPool,
    account: Option<&str>,
    before: Option<TokenId>,
    limit: u32,
) -> sqlx::Result<Page<TokenRow>> {
    let rows = tokens::list(db, account, None, before, limit.into()).await?;
    Ok(Page::from_rows(rows, limit, |row| row.id))
}

/// Revokes one token.
///
/// # Errors
/// Not found, or a conflict when it was revoked before.
pub async fn revoke(db: &PgPool, actor: &Actor, id: TokenId) -> ApiResult<TokenRow> {
    let mut tx = db.begin().await?;
    let revoked = tokens::revoke(&mut *tx, id).await?;
    let row = tokens::list(&mut *tx, None, Some(id), None, 1).await?.pop();
    let row = row.ok_or(ApiError::NotFound("token"))?;
    if !revoked {
        return Err(ApiError::conflict("already-revoked", "The token is already revoked."));
    }
    let detail = json!({ "account": row.account });
    audit::record(&mut tx, actor, AuditAct::TokenRevoke, &format!("token:{id}"), detail).await?;
    tx.commit().await?;
    Ok(row)
}

/// Revokes all tokens of an account.
///
/// # Errors
/// Not found when there is no such account.
pub async fn revoke_all(db: &PgPool, actor: &Actor, name: &str) -> ApiResult<RevokedTokens> {
    let mut tx = db.begin().await?;
    let account = queries::by_name(&mut *tx, name)
        .await?
        .ok_or(ApiError::NotFound("account"))?;
    let revoked = RevokedTokens {
        tokens: tokens::revoke_all(&mut *tx, account.id).await?,
        account: account.name,
    };
    let detail = json!({ "tokens": revoked.tokens });
    audit::record(
        &mut tx,
        actor,
        AuditAct::TokenRevoke,
        &format!("account:{name}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(revoked)
}
