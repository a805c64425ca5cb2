//! Makes tokens and finds out who a token belongs to.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{Account, AccountName, AccountRole, Trust, queries};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::store::sha256;

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
    if let Some(trust) = new.trust {
        queries::set_trust(&mut *tx, account.id.0, trust.as_str()).await?;
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
/// Unauthorized when there is no such token, or it has expired or was revoked.
pub async fn authenticate(db: &PgPool, secret: &str) -> ApiResult<Account> {
    let row = queries::by_token(db, &sha256(secret.as_bytes())).await?;
    row.map(Account::from).ok_or(ApiError::Unauthorized(
        "The bearer token is unknown, expired or revoked.",
    ))
}
